using System.Runtime.InteropServices;
using Scatterlist.HostFd.Interop;
using Scatterlist.HostFd.Waiting;

namespace Scatterlist.HostFd;

public static partial class HostIO
{
    /// <summary>
    /// Waits until a read of a stream would not block: data, the end, or an error is there (poll(2)). Regular files are
    /// always ready. No processor time is used meanwhile.
    /// </summary>
    /// <param name="descriptor">The descriptor. Disposing it does not end the wait: cancel it.</param>
    /// <param name="timeout">How long, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns><see cref="Errno.None"/> when ready; ETIMEDOUT; ECANCELED; or what poll(2) said.</returns>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static Errno WaitReadable(
        SafeHandle descriptor, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Wait(descriptor, LibC.PollIn, timeout, cancellationToken);

    /// <summary>
    /// Waits until a write to a stream would not block: there is room, or an error. A pipe then takes at least PIPE_BUF
    /// (4096) bytes.
    /// </summary>
    /// <inheritdoc cref="WaitReadable"/>
    public static Errno WaitWritable(
        SafeHandle descriptor, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Wait(descriptor, LibC.PollOut, timeout, cancellationToken);

    /// <summary>Waits, without a thread, until a read of a stream would not block; see <see cref="WaitReadable"/>.</summary>
    /// <param name="descriptor">The descriptor. Disposing it does not end the wait: cancel it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns><see cref="Errno.None"/> when ready; ECANCELED; or what epoll(7) said: EPERM for a regular file.</returns>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    /// <exception cref="ScatterlistException">No descriptor is left for the wait (EMFILE).</exception>
    public static ValueTask<Errno> WaitReadableAsync(
        FileDescriptor descriptor, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return DescriptorPoller.Shared.WaitAsync(descriptor, LibC.PollIn, owner: null, cancellationToken);
    }

    private static Errno Wait(
        SafeHandle descriptor, short events, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            return DescriptorWait.Wait(
                (int)descriptor.DangerousGetHandle(), events, timeout, owner: null, cancellationToken);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }
}
