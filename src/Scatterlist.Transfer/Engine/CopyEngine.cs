using System.Diagnostics;
using Scatterlist.Diagnostics;

namespace Scatterlist.Transfer;

/// <summary>
/// Copies between any two endpoints. Between seekable ones several threads each read a chunk and write it, so reading
/// and writing overlap; where one is a stream, one thread reads ahead while another writes in order.
/// </summary>
public static class CopyEngine
{
    /// <summary>Copies and, when asked to, verifies.</summary>
    /// <param name="source">Where from; it stays open.</param>
    /// <param name="destination">Where to; it stays open.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Stops between chunks, and ends a wait for a stream.</param>
    /// <exception cref="ArgumentException">The endpoints cannot be copied between: the text says why.</exception>
    /// <exception cref="TransferException">The copy ended early; it tells how far it came.</exception>
    /// <exception cref="VerificationException">The copy, read back, differs.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; no chunk is under way any more.</exception>
    public static CopyReport Copy(
        Endpoint source, Endpoint destination, CopyOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        options ??= CopyOptions.Default;
        options.Validate();
        ulong? length = Plan(source, destination, options);
        using Activity? activity = ScatterlistDiagnostics.ActivitySource.StartActivity("scatterlist.copy");
        destination.Prepare(length);

        long start = Stopwatch.GetTimestamp();
        byte[]? streamHash = null;
        ulong copied = source.CanSeek && destination.CanSeek && length is { } known
            ? ParallelCopy.Run(source, destination, known, options, cancellationToken)
            : StreamCopy.Run(source, destination, length, options, cancellationToken, out streamHash);
        destination.Complete(copied);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        activity?.SetTag("scatterlist.bytes", copied);

        if (options.IsVerified)
            Verification.Run(source, destination, copied, streamHash, options, cancellationToken);
        return new CopyReport(copied, elapsed, options.IsVerified);
    }

    /// <summary>As <see cref="Copy"/>, on a thread of its own.</summary>
    public static Task<CopyReport> CopyAsync(
        Endpoint source, Endpoint destination, CopyOptions? options = null,
        CancellationToken cancellationToken = default) => Task.Factory.StartNew(
            () => Copy(source, destination, options, cancellationToken),
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    // Everything that can be known to be impossible is refused before the first byte moves.
    private static ulong? Plan(Endpoint source, Endpoint destination, CopyOptions options)
    {
        if (!source.CanRead)
            throw new ArgumentException($"{source.Name} cannot be read from.", nameof(source));
        if (!destination.CanWrite)
            throw new ArgumentException($"{destination.Name} cannot be written to.", nameof(destination));
        if (options.IsVerified && !(destination.CanRead && destination.CanSeek))
        {
            throw new ArgumentException(
                $"{destination.Name} cannot be read back, so the copy cannot be verified.", nameof(destination));
        }

        if (options.Length > source.Length)
        {
            throw new ArgumentException(
                $"{options.Length} bytes were asked for, {source.Name} has {source.Length}.", nameof(options));
        }

        ulong? length = options.Length ?? source.Length;
        if (length > destination.Capacity)
        {
            throw new ArgumentException(
                $"{length} bytes do not fit: {destination.Name} has room for {destination.Capacity}.",
                nameof(destination));
        }

        return length;
    }
}
