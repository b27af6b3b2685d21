using System.IO.Pipes;
using Scatterlist.Vrtd.Interop;

namespace Scatterlist.Vrtd.Client;

/// <summary>
/// Feeds a design to the daemon through a pipe, because the daemon says nothing until the card is written: what it has
/// taken out of the pipe is the only sign of life.
/// </summary>
internal sealed class DesignFeed : IDisposable
{
    private const int PieceLength = 64 << 10;

    private readonly Stream _design;
    private readonly IProgress<ulong>? _progress;
    private readonly AnonymousPipeServerStream _pipe = new(PipeDirection.Out, HandleInheritability.None);
    private readonly FileDescriptor _readEnd;

    public DesignFeed(Stream design, IProgress<ulong>? progress)
    {
        _design = design;
        _progress = progress;
        _readEnd = FileDescriptor.DuplicateOf((int)_pipe.ClientSafePipeHandle.DangerousGetHandle());

        // One read end is left on this side: once it is closed too, a daemon that went away ends the feeding.
        _pipe.DisposeLocalCopyOfClientHandle();
    }

    /// <summary>Runs a request that is given the pipe, feeding it meanwhile.</summary>
    public async Task RunAsync(Action<FileDescriptor> request, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<ulong> feeding = FeedAsync(stop.Token);
        try
        {
            await Task.Run(() => request(_readEnd), CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            // The request's own failure is the one to report. A feeder that waits for room in the pipe ends when the
            // daemon closes its end, which a stalled one does not do now: nobody waits for that.
            _ = feeding.ContinueWith(static task => task.Exception, TaskScheduler.Default);
            throw;
        }
        finally
        {
            _readEnd.Dispose();
            await stop.CancelAsync().ConfigureAwait(false);
        }

        try
        {
            ulong fed = await feeding.ConfigureAwait(false);
            _progress?.Report(fed);
        }
        catch (OperationCanceledException)
        {
            // The daemon answered without reading to the end: it has what it wanted.
        }
        catch (Exception failure)
        {
            throw new IOException("The design could not be read to its end, so the card has a part of it.", failure);
        }
    }

    /// <summary>
    /// Closes this side's read end. The write end is the feeder's, which may be waiting for room in the pipe: it closes
    /// it when it has ended, and nobody waits for that.
    /// </summary>
    public void Dispose() => _readEnd.Dispose();

    private async Task<ulong> FeedAsync(CancellationToken cancellationToken)
    {
        byte[] piece = new byte[PieceLength];
        ulong fed = 0;
        try
        {
            while (true)
            {
                int count = await _design.ReadAsync(piece, cancellationToken).ConfigureAwait(false);
                if (count == 0)
                    return fed;

                // The pipe is written on a thread of the pool: .NET has no other way to wait for room in one.
                if (!await Task.Run(() => TryWrite(piece.AsSpan(0, count)), CancellationToken.None)
                    .ConfigureAwait(false))
                    return fed;
                fed += (ulong)count;
                Report(fed);
            }
        }
        finally
        {
            await _pipe.DisposeAsync().ConfigureAwait(false); // the daemon's end of file
        }
    }

    private bool TryWrite(ReadOnlySpan<byte> piece)
    {
        try
        {
            _pipe.Write(piece);
            return true;
        }
        catch (IOException)
        {
            return false; // nobody reads any more
        }
    }

    private void Report(ulong fed)
    {
        if (_progress is null)
            return;
        ulong waiting = (ulong)LibC.PendingBytes(_pipe.SafePipeHandle);
        _progress.Report(fed - Math.Min(waiting, fed));
    }
}
