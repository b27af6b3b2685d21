using Scatterlist.HostFd;
using Scatterlist.Vrtd.Interop;

namespace Scatterlist.Vrtd.DataPath;

/// <summary>
/// A descriptor of the version 2 driver, which moves bytes between the device and memory of its own making only. Bytes
/// pass through one such piece of memory, so that any host memory can be a source or destination and exactly the bytes
/// asked for move.
/// </summary>
/// <remarks>
/// The library maps that memory as its staging area instead, and pays with whole pages at the edges: it has to read and
/// merge them. One copy through the cache costs less than a DMA round trip.
/// </remarks>
internal sealed class TransferPath : DeviceDataPath
{
    /// <summary>Bytes moved a call.</summary>
    internal const int BounceLength = 4 << 20;

    private readonly Lock _lock = new();
    private readonly TransferChannel _channel;
    private readonly FileDescriptor _buffer;
    private readonly int _queuePairs;
    private readonly SharedMapping _mapping;
    private readonly bool _mayFault;

    private TransferPath(
        TransferChannel channel, FileDescriptor buffer, int queuePairs, SharedMapping mapping, bool mayFault)
    {
        _channel = channel;
        _buffer = buffer;
        _queuePairs = queuePairs;
        _mapping = mapping;
        _mayFault = mayFault;
    }

    /// <summary>Tries whether a channel answers to BUF_CREATE.</summary>
    /// <returns>Null with an errno when it does not: ENOTTY and EINVAL say that it is another kind of file.</returns>
    public static TransferPath? TryCreate(TransferChannel channel, int queuePairs, out Errno errno)
    {
        // A spanning transfer starts its second piece at the next 4 KiB, so there is room for one step more.
        nuint length = BounceLength + (nuint)TransferPlan.Granule;
        errno = channel.CreateBuffer(length, out FileDescriptor? buffer);
        if (errno != Errno.None)
            return null;
        nint address = 0;
        errno = LibC.Stat(buffer!.Value, out int type, out ulong fileLength);
        bool isFile = type == LibC.ModeRegular;
        if (errno == Errno.None && isFile && fileLength < length)
            errno = Errno.ENODEV; // there to map, and deadly to touch past its end
        if (errno == Errno.None)
            address = LibC.MapShareable(buffer.Value, length, out errno);
        if (errno == Errno.None)
            return new TransferPath(channel, buffer, queuePairs, new SharedMapping(address, length), isFile);
        buffer.Dispose();
        return null;
    }

    public override nuint Write(ulong address, Block source, out Errno errno)
    {
        lock (_lock)
            return Move(address, source, TransferMessage.DirectionToDevice, out errno);
    }

    public override nuint Read(ulong address, Block destination, out Errno errno)
    {
        lock (_lock)
            return Move(address, destination, TransferMessage.DirectionToHost, out errno);
    }

    public override void Release()
    {
        _mapping.Dispose();
        _buffer.Dispose();
        (_channel as IDisposable)?.Dispose();
    }

    private nuint Move(ulong address, Block host, uint direction, out Errno errno)
    {
        Span<TransferPiece> plan = stackalloc TransferPiece[TransferPlan.MaxPieces];
        bool toDevice = direction == TransferMessage.DirectionToDevice;
        nuint done = 0;
        errno = Errno.None;
        while (done < host.Length)
        {
            Block left = host.DropFirst(done).TakeFirst(BounceLength);
            int count = TransferPlan.Split(address + done, left.Length, _queuePairs, plan);
            if (toDevice && !TryCopyPieces(plan[..count], left, toBounce: true, left.Length))
            {
                errno = Errno.EFAULT;
                break;
            }

            errno = _channel.Transfer(plan[..count], direction, _buffer, out ulong moved);
            if (errno == Errno.EINTR)
                continue;

            // With two queues a short count does not say which of them stopped, so only a whole transfer counts.
            if (errno == Errno.None && (moved == 0 || moved > left.Length || (moved < left.Length && count > 1)))
                errno = Errno.EIO;
            if (errno != Errno.None)
                break;
            if (!toDevice && !TryCopyPieces(plan[..count], left, toBounce: false, (nuint)moved))
            {
                errno = Errno.EFAULT;
                break;
            }

            done += (nuint)moved;
        }

        return done;
    }

    // A system emulation's memory is a file, which it can shorten under the mapping: the kernel finds that out, where
    // a plain copy would end the process. The driver's own memory stays.
    private bool TryCopyPieces(ReadOnlySpan<TransferPiece> pieces, Block host, bool toBounce, nuint limit)
    {
        Block left = host.TakeFirst(limit);
        foreach (TransferPiece piece in pieces)
        {
            Block part = left.TakeFirst((nuint)piece.Length);
            Block bounce = _mapping.Block.Slice((nuint)piece.HostOffset, part.Length);
            (Block to, Block from) = toBounce ? (bounce, part) : (part, bounce);
            if (!_mayFault)
                _ = Block.Copy(to, from);
            else if (!SafeCopy.Copy(to, from).IsSuccess)
                return false;
            left = left.DropFirst(part.Length);
        }

        return true;
    }
}
