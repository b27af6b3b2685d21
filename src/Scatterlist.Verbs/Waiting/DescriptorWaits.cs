using Scatterlist.HostFd;

namespace Scatterlist.Verbs;

/// <summary>Waits of the slow paths: events of devices and of a program's own channels. Closing ends them.</summary>
internal sealed class DescriptorWaits(object owner) : IDisposable
{
    private readonly CancellationTokenSource _closed = new();

    /// <summary>Returns when the descriptor is readable.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The waits are closed.</exception>
    internal async ValueTask ReadableAsync(FileDescriptor descriptor, CancellationToken cancellationToken)
    {
        using CancellationTokenSource? both = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closed.Token)
            : null;
        Errno errno = await HostIO.WaitReadableAsync(descriptor, both?.Token ?? _closed.Token).ConfigureAwait(false);
        if (errno == Errno.None)
            return;
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_closed.IsCancellationRequested, owner);
        throw new VerbsException("waiting for an event descriptor", errno);
    }

    /// <summary>Ends the waits, before the descriptor is closed. Idempotent.</summary>
    /// <remarks>The source itself is left to the collector: it has no timer, and a wait may ask for its token at any
    /// moment.</remarks>
    public void Dispose() => _closed.Cancel();
}
