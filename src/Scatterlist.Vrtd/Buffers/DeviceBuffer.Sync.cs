using Scatterlist.Vrtd.Client;

namespace Scatterlist.Vrtd;

public sealed partial class DeviceBuffer
{
    private const ulong SyncPage = 4096;

    /// <summary>Copies all bytes from the host copy to the device.</summary>
    /// <inheritdoc cref="SyncToDevice(ulong, ulong)"/>
    public void SyncToDevice() => SyncToDevice(0, Size);

    /// <summary>
    /// Copies a range from the host copy to the device. Exactly these bytes move, unless <see cref="Granularity"/> says
    /// otherwise. A range of no bytes does nothing.
    /// </summary>
    /// <param name="offset">Bytes from the buffer's start; need not be aligned.</param>
    /// <param name="size">Bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The range reaches outside of the buffer; nothing moved.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The buffer moves bytes the other way only, or its descriptor was released.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The buffer is closed.</exception>
    /// <exception cref="VrtdException">The transfer failed; the message tells how far it got.</exception>
    public void SyncToDevice(ulong offset, ulong size)
    {
        ulong moved = Sync(offset, size, toDevice: true, out Errno errno);
        if (errno != Errno.None)
            throw Failed(moved, errno, "SyncToDevice", offset, size);
    }

    /// <summary>Copies all bytes from the device to the host copy.</summary>
    /// <inheritdoc cref="SyncToDevice(ulong, ulong)"/>
    public void SyncFromDevice() => SyncFromDevice(0, Size);

    /// <summary>
    /// Copies a range from the device to the host copy. Exactly these bytes move, unless <see cref="Granularity"/> says
    /// otherwise. A range of no bytes does nothing.
    /// </summary>
    /// <inheritdoc cref="SyncToDevice(ulong, ulong)"/>
    public void SyncFromDevice(ulong offset, ulong size)
    {
        ulong moved = Sync(offset, size, toDevice: false, out Errno errno);
        if (errno != Errno.None)
            throw Failed(moved, errno, "SyncFromDevice", offset, size);
    }

    /// <summary>
    /// <see cref="SyncToDevice(ulong, ulong)"/> that returns a failed transfer instead of throwing it. Allocates
    /// nothing, except for the host copy when this touches it first.
    /// </summary>
    /// <returns>The bytes that moved, and the error if one ended the transfer early.</returns>
    /// <inheritdoc cref="SyncToDevice(ulong, ulong)"/>
    public IoResult TrySyncToDevice(ulong offset, ulong size) =>
        Result(Sync(offset, size, toDevice: true, out Errno errno), errno);

    /// <summary>
    /// <see cref="SyncFromDevice(ulong, ulong)"/> that returns a failed transfer instead of throwing it. Allocates
    /// nothing, except for the host copy when this touches it first.
    /// </summary>
    /// <returns>The bytes that moved, and the error if one ended the transfer early.</returns>
    /// <inheritdoc cref="SyncToDevice(ulong, ulong)"/>
    public IoResult TrySyncFromDevice(ulong offset, ulong size) =>
        Result(Sync(offset, size, toDevice: false, out Errno errno), errno);

    private ulong Sync(ulong offset, ulong size, bool toDevice, out Errno errno)
    {
        CheckTransfer(offset, size, toDevice);
        if (Granularity == SyncGranularity.Pages)
            Widen(ref offset, ref size);
        errno = Errno.None;
        if (size == 0)
            return 0;
        FileDescriptor descriptor = Hold();
        try
        {
            return MoveHeld(offset, _resources.GetBlock(offset, size), toDevice, out errno);
        }
        finally
        {
            LetGo(descriptor);
        }
    }

    private ulong MoveBlock(ulong offset, Block block, bool toDevice, out Errno errno)
    {
        errno = Errno.None;
        if (block.IsEmpty)
            return 0;
        FileDescriptor descriptor = Hold();
        try
        {
            return MoveHeld(offset, block, toDevice, out errno);
        }
        finally
        {
            LetGo(descriptor);
        }
    }

    private ulong MoveHeld(ulong offset, Block block, bool toDevice, out Errno errno)
    {
        ulong moved = toDevice
            ? _path.Write(_address + offset, block, out errno)
            : _path.Read(_address + offset, block, out errno);
        VrtdMetrics.CountTransfer(toDevice, moved, errno);
        return moved;
    }

    private static IoResult Result(ulong moved, Errno errno) =>
        errno == Errno.None ? IoResult.Success(moved) : IoResult.Failure(errno, moved);

    // Holds the descriptor, through it the allocation, and through that the host copy, until LetGo.
    private FileDescriptor Hold()
    {
        FileDescriptor descriptor = _descriptor ?? throw DescriptorReleased();
        bool held = false;
        descriptor.DangerousAddRef(ref held);
        return descriptor;
    }

    private void LetGo(FileDescriptor descriptor)
    {
        descriptor.DangerousRelease();
        GC.KeepAlive(this);
    }

    private void CheckTransfer(ulong offset, ulong size, bool toDevice)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        if (offset > Size || size > Size - offset)
            ThrowOutside(offset, size);
        BufferAllocDirection other = toDevice ? BufferAllocDirection.DeviceToHost : BufferAllocDirection.HostToDevice;
        if (AllocDirection == other)
            ThrowWrongWay(toDevice);
    }

    private void Widen(ref ulong offset, ref ulong size)
    {
        if (size == 0)
            return;
        ulong end = offset + size; // within the buffer, so it does not wrap
        offset &= ~(SyncPage - 1);
        ulong toPage = (SyncPage - (end & (SyncPage - 1))) & (SyncPage - 1);
        size = (Size - end < toPage ? Size : end + toPage) - offset;
    }

    private void ThrowOutside(ulong offset, ulong size) => throw new ArgumentOutOfRangeException(
        nameof(offset), $"Offset {offset} and {size} bytes reach outside of the buffer's {Size} bytes.");

    private void ThrowWrongWay(bool toDevice) => throw new InvalidOperationException(
        $"The buffer was opened with direction {AllocDirection}: it moves no bytes "
        + (toDevice ? "to the device." : "from the device."));

    private void ThrowIfFailed(IoResult result, string call, ulong offset, ulong size)
    {
        if (!result.IsSuccess)
            throw Failed(result.Bytes, result.Errno, call, offset, size);
    }

    private VrtdException Failed(ulong moved, Errno errno, string call, ulong offset, ulong size) => new(
        $"{call}(offset {offset}, {size} bytes) of the {this}",
        VrtdReturnCode.InternalError,
        errno,
        $"{moved} bytes had moved",
        errno switch
        {
            Errno.ENODEV => "The card or the buffer's queue is gone, by a reset or by another client: close the buffer "
                + "and open it again.",
            Errno.EIO => "The device moved no byte: see 'dmesg' for the DMA error.",
            Errno.ENOMEM => Remedies.Memory,
            Errno.EBADF => "The descriptor does not move bytes this way.",
            Errno.EINVAL => "The device address cannot be told to this driver: it has to be below 2^63.",
            _ => null,
        });
}
