namespace Scatterlist.Vrtd;

public sealed partial class DeviceBuffer
{
    /// <summary>Bytes that an asynchronous transfer moves between two looks at its cancellation: 4 MiB.</summary>
    public const int AsyncChunk = 4 << 20;

    private delegate ulong ChunkMover(
        DeviceBuffer buffer, ulong offset, ulong done, ulong count, object? state, out Errno errno);

    /// <summary>
    /// Copies a range from the host copy to the device on a thread of the pool, since the kernel knows no other way
    /// than to block. Cancellation takes effect between pieces of <see cref="AsyncChunk"/> bytes: those before have
    /// moved, those after are untouched, and the buffer stays usable.
    /// </summary>
    /// <param name="offset">Bytes from the buffer's start.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="progress">Told after each piece how many bytes have moved in all; may be null.</param>
    /// <param name="cancellationToken">Stops before the next piece.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <inheritdoc cref="SyncToDevice(ulong, ulong)"/>
    public Task SyncToDeviceAsync(
        ulong offset, ulong size, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        CheckTransfer(offset, size, toDevice: true);
        if (Granularity == SyncGranularity.Pages)
            Widen(ref offset, ref size);
        return Start(
            "SyncToDevice",
            offset,
            size,
            null,
            static (DeviceBuffer buffer, ulong at, ulong _, ulong count, object? _, out Errno errno) =>
                buffer.MoveHeld(at, buffer._resources.GetBlock(at, count), toDevice: true, out errno),
            progress,
            cancellationToken);
    }

    /// <summary>
    /// Copies a range from the device to the host copy on a thread of the pool; see <see cref="SyncToDeviceAsync"/>.
    /// </summary>
    /// <inheritdoc cref="SyncToDeviceAsync"/>
    public Task SyncFromDeviceAsync(
        ulong offset, ulong size, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        CheckTransfer(offset, size, toDevice: false);
        if (Granularity == SyncGranularity.Pages)
            Widen(ref offset, ref size);
        return Start(
            "SyncFromDevice",
            offset,
            size,
            null,
            static (DeviceBuffer buffer, ulong at, ulong _, ulong count, object? _, out Errno errno) =>
                buffer.MoveHeld(at, buffer._resources.GetBlock(at, count), toDevice: false, out errno),
            progress,
            cancellationToken);
    }

    /// <summary>Writes bytes to the device on a thread of the pool; see <see cref="SyncToDeviceAsync"/>.</summary>
    /// <param name="offset">Bytes from the buffer's start.</param>
    /// <param name="source">Where from. It belongs to the transfer until the task has ended.</param>
    /// <param name="progress">Told after each piece how many bytes have moved in all; may be null.</param>
    /// <param name="cancellationToken">Stops before the next piece.</param>
    /// <inheritdoc cref="SyncToDeviceAsync"/>
    public Task WriteAsync(
        ulong offset, ReadOnlyMemory<byte> source, IProgress<ulong>? progress = null,
        CancellationToken cancellationToken = default)
    {
        CheckTransfer(offset, (ulong)source.Length, toDevice: true);
        return Start(
            "Write",
            offset,
            (ulong)source.Length,
            source,
            static (DeviceBuffer buffer, ulong at, ulong done, ulong count, object? state, out Errno errno) =>
                buffer.MoveHeld(
                    at, ((ReadOnlyMemory<byte>)state!).Span.Slice((int)done, (int)count), out errno),
            progress,
            cancellationToken);
    }

    /// <summary>Reads bytes from the device on a thread of the pool; see <see cref="SyncToDeviceAsync"/>.</summary>
    /// <param name="offset">Bytes from the buffer's start.</param>
    /// <param name="destination">Where to. It belongs to the transfer until the task has ended.</param>
    /// <param name="progress">Told after each piece how many bytes have moved in all; may be null.</param>
    /// <param name="cancellationToken">Stops before the next piece.</param>
    /// <inheritdoc cref="SyncToDeviceAsync"/>
    public Task ReadAsync(
        ulong offset, Memory<byte> destination, IProgress<ulong>? progress = null,
        CancellationToken cancellationToken = default)
    {
        CheckTransfer(offset, (ulong)destination.Length, toDevice: false);
        return Start(
            "Read",
            offset,
            (ulong)destination.Length,
            destination,
            static (DeviceBuffer buffer, ulong at, ulong done, ulong count, object? state, out Errno errno) =>
                buffer.MoveHeld(
                    at, ((Memory<byte>)state!).Span.Slice((int)done, (int)count), out errno),
            progress,
            cancellationToken);
    }

    private Task Start(
        string call, ulong offset, ulong size, object? state, ChunkMover move, IProgress<ulong>? progress,
        CancellationToken cancellationToken)
    {
        // Held from the call on, so that a close before the pool's thread has started waits for the transfer too.
        return RunAsync(Hold());

        async Task RunAsync(FileDescriptor descriptor)
        {
            try
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                cancellationToken.ThrowIfCancellationRequested();
                for (ulong done = 0; done < size;)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    ulong count = ulong.Min(AsyncChunk, size - done);
                    done += move(this, offset + done, done, count, state, out Errno errno);
                    if (errno != Errno.None)
                        throw Failed(done, errno, call, offset, size);
                    progress?.Report(done);
                }
            }
            finally
            {
                LetGo(descriptor);
            }
        }
    }
}
