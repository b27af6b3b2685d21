namespace Scatterlist.Vrtd;

/// <summary>A device buffer as a stream; see <see cref="DeviceBuffer.OpenStream"/>.</summary>
internal sealed class DeviceBufferStream(DeviceBuffer buffer) : DeviceStream
{
    public override bool CanRead => IsOpen && buffer.AllocDirection != BufferAllocDirection.HostToDevice;

    public override bool CanWrite => IsOpen && buffer.AllocDirection != BufferAllocDirection.DeviceToHost;

    public override long Length
    {
        get
        {
            ThrowIfClosed();
            return (long)buffer.Size;
        }
    }

    protected override bool IsOpen => base.IsOpen && !buffer.IsClosed;

    protected override int ReadAt(long position, Span<byte> destination)
    {
        if ((ulong)position >= buffer.Size)
            return 0;
        int count = (int)ulong.Min((ulong)destination.Length, buffer.Size - (ulong)position);
        buffer.Read((ulong)position, destination[..count]);
        return count;
    }

    protected override void WriteAt(long position, ReadOnlySpan<byte> source)
    {
        if ((ulong)position > buffer.Size || (ulong)source.Length > buffer.Size - (ulong)position)
        {
            throw new IOException(
                $"Writing {source.Length} bytes at position {position} would pass the buffer's end, {buffer.Size}.");
        }

        buffer.Write((ulong)position, source);
    }
}
