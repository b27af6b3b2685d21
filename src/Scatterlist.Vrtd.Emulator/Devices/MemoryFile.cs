namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// Sparse memory in a memfd, whose file offset is the device address. Nothing is committed before it is written, and
/// what was never written reads as zeros. Its size is sealed: clients receive writable descriptors, and one that
/// truncates its view must not cut everybody's memory. Thread-safe.
/// </summary>
internal sealed partial class MemoryFile : IDisposable
{
    private readonly FileDescriptor _descriptor;

    private MemoryFile(FileDescriptor descriptor, ulong length)
    {
        _descriptor = descriptor;
        Length = length;
    }

    /// <summary>Bytes from the start to the end of the file.</summary>
    internal ulong Length { get; }

    public void Dispose() => _descriptor.Dispose();

    /// <summary>Writes all bytes; what a failure leaves is undefined.</summary>
    internal Errno Write(ReadOnlySpan<byte> bytes, ulong offset)
    {
        while (!bytes.IsEmpty)
        {
            long written = PWrite(bytes, offset);
            if (written == -(long)Errno.EINTR)
                continue;
            if (written <= 0)
                return written == 0 ? Errno.EIO : (Errno)(-written);
            bytes = bytes[(int)written..];
            offset += (ulong)written;
        }

        return Errno.None;
    }
}
