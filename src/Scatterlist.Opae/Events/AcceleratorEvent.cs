using Scatterlist.HostFd;

namespace Scatterlist.Opae;

/// <summary>
/// An event of an accelerator that was registered for: it counts what happened, can be waited for, and is a descriptor
/// for poll(2) and epoll(7).
/// </summary>
/// <remarks>
/// Thread-safe; each occurrence is told to one of several waiters. Disposing it unregisters and ends no wait: cancel
/// those first. Source: <c>opae/event.h</c>, eventfd(2).
/// </remarks>
public sealed class AcceleratorEvent : IDisposable
{
    private readonly Accelerator _accelerator;
    private int _isDisposed;

    internal AcceleratorEvent(Accelerator accelerator, FpgaEventType type, uint vector, FileDescriptor descriptor)
    {
        _accelerator = accelerator;
        Type = type;
        Vector = vector;
        Descriptor = descriptor;
    }

    /// <summary>What it tells of.</summary>
    public FpgaEventType Type { get; }

    /// <summary>The interrupt vector.</summary>
    public uint Vector { get; }

    /// <summary>
    /// The eventfd, owned by this object: readable when the event happened. A read takes the count (8 bytes).
    /// </summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Whether it was unregistered.</summary>
    public bool IsDisposed => Volatile.Read(ref _isDisposed) != 0;

    /// <summary>Takes what happened since the last time, without waiting.</summary>
    /// <returns>How often it happened; 0 for not at all.</returns>
    /// <exception cref="ObjectDisposedException">The event is unregistered.</exception>
    public ulong Take()
    {
        ulong count = EventDescriptor.Take(Descriptor);
        if (count != 0)
            Rearm();
        return count;
    }

    /// <summary>
    /// Lets the vector fire again, where it masks itself (INTx). <see cref="Take"/> and the waits do so; only who reads
    /// the descriptor itself has to.
    /// </summary>
    /// <exception cref="FpgaException">The device is lost.</exception>
    public void Rearm() => _accelerator.Rearm(Vector);

    /// <summary>Waits until it happens.</summary>
    /// <param name="timeout">How long, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How often it happened since the last time; 0 when the time was over first.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The event is unregistered.</exception>
    public ulong Wait(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            ulong count = Take();
            if (count != 0)
                return count;
            Errno errno = HostIO.WaitReadable(Descriptor, timeout, cancellationToken);
            if (errno == Errno.ETIMEDOUT)
                return Take();
            cancellationToken.ThrowIfCancellationRequested();
            if (errno != Errno.None)
                throw new FpgaException($"Wait(vector {Vector})", FpgaResult.Exception, errno);
        }
    }

    /// <summary>Waits until it happens, without a thread.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How often it happened since the last time.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The event is unregistered.</exception>
    public async ValueTask<ulong> WaitAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            ulong count = Take();
            if (count != 0)
                return count;
            Errno errno = await HostIO.WaitReadableAsync(Descriptor, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (errno != Errno.None)
                throw new FpgaException($"WaitAsync(vector {Vector})", FpgaResult.Exception, errno);
        }
    }

    /// <summary>Unregisters: the device no longer signals it. Idempotent.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _accelerator.Unregister(this);
        Descriptor.Dispose();
    }
}
