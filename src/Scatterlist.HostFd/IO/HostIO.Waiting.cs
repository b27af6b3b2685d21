using System.Runtime.InteropServices;
using Scatterlist.HostFd.Interop;
using Scatterlist.HostFd.Waiting;

namespace Scatterlist.HostFd;

public static partial class HostIO
{
    /// <summary>
    /// Waits until a descriptor can be read without waiting, or has ended (ppoll(2)). With a read that does not wait
    /// (O_NONBLOCK, or <see cref="ReadWriteFlags.NoWait"/>) it makes a read that can be cancelled.
    /// </summary>
    /// <param name="descriptor">The descriptor; it stays open until the call has returned, but its disposal does not
    /// end the wait: the token does.</param>
    /// <param name="timeout">How long, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>None when ready, ETIMEDOUT, or why the kernel did not wait.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static Errno WaitReadable(
        SafeHandle descriptor, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Wait(descriptor, LibC.PollIn, timeout, cancellationToken);

    /// <summary>
    /// Waits until a descriptor can be written without waiting, or the other end is gone; see
    /// <see cref="WaitReadable"/>.
    /// </summary>
    /// <inheritdoc cref="WaitReadable"/>
    public static Errno WaitWritable(
        SafeHandle descriptor, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Wait(descriptor, LibC.PollOut, timeout, cancellationToken);

    private static Errno Wait(
        SafeHandle descriptor, short events, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            int fd = (int)descriptor.DangerousGetHandle();
            Errno outcome = DescriptorWait.Wait(fd, events, timeout, owner: null, cancellationToken);
            if (outcome == Errno.ECANCELED)
                cancellationToken.ThrowIfCancellationRequested();
            return outcome;
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }
}
