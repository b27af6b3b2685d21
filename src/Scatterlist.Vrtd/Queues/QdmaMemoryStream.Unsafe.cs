using Scatterlist.Vrtd.DataPath;

namespace Scatterlist.Vrtd;

/// <summary>A memory-mapped queue pair as a stream; see <see cref="QdmaQueuePair.OpenStream"/>.</summary>
internal sealed unsafe class QdmaMemoryStream(
    FileDescriptor descriptor, DeviceDataPath path, QdmaDirections directions, string name) : DeviceStream
{
    public override bool CanRead => IsOpen && directions.HasFlag(QdmaDirections.CardToHost);

    public override bool CanWrite => IsOpen && directions.HasFlag(QdmaDirections.HostToCard);

    public override long Length =>
        throw new NotSupportedException("A queue pair reaches the whole card: it has no length.");

    protected override int ReadAt(long position, Span<byte> destination)
    {
        fixed (byte* pointer = destination)
            Move(position, new Block(pointer, (nuint)destination.Length), toDevice: false);
        return destination.Length;
    }

    protected override void WriteAt(long position, ReadOnlySpan<byte> source)
    {
        fixed (byte* pointer = source)
            Move(position, new Block(pointer, (nuint)source.Length), toDevice: true);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && IsOpen)
        {
            path.Release();
            descriptor.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Move(long position, Block block, bool toDevice)
    {
        if (block.IsEmpty)
            return;
        bool held = false;
        nuint moved;
        Errno errno;
        try
        {
            descriptor.DangerousAddRef(ref held);
            moved = toDevice
                ? path.Write((ulong)position, block, out errno)
                : path.Read((ulong)position, block, out errno);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }

        if (errno != Errno.None)
        {
            throw new VrtdException(
                $"{(toDevice ? "Write" : "Read")}(address 0x{position:x}, {block.Length} bytes) by {name}",
                VrtdReturnCode.InternalError,
                errno,
                $"{moved} bytes had moved",
                errno == Errno.ENODEV ? "The queue pair is stopped or deleted, or the card is gone." : null);
        }
    }
}
