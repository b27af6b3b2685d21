using Scatterlist.HostFd;

namespace Scatterlist.Verbs;

/// <summary>Waits of the slow paths: events of devices and of a program's own channels.</summary>
internal static class DescriptorWaits
{
    /// <summary>Returns when the descriptor is readable.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal static async ValueTask ReadableAsync(FileDescriptor descriptor, CancellationToken cancellationToken)
    {
        Errno errno = await HostIO.WaitReadableAsync(descriptor, cancellationToken).ConfigureAwait(false);
        if (errno == Errno.ECANCELED)
            cancellationToken.ThrowIfCancellationRequested();
        else if (errno != Errno.None)
            throw new VerbsException("waiting for an event descriptor", errno);
    }
}
