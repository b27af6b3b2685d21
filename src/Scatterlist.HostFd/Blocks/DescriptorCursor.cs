namespace Scatterlist.HostFd;

/// <summary>
/// A place in a file that reads and writes move on from: <see cref="ReadWriterAt"/> as a value, which needs no pool. It
/// does not own the descriptor. A mutable value: pass it by reference; as an interface it is boxed. Not thread-safe.
/// </summary>
/// <param name="descriptor">The descriptor's number, which the caller keeps open.</param>
/// <param name="offset">Where in the file, or -1 for the descriptor's own offset.</param>
/// <param name="flags">How each call is done.</param>
public struct DescriptorCursor(int descriptor, long offset = -1, ReadWriteFlags flags = ReadWriteFlags.None)
    : IBlockReader, IBlockWriter
{
    /// <summary>The descriptor's number.</summary>
    public readonly int Descriptor => descriptor;

    /// <summary>Where the next call starts; always -1 when the descriptor's own offset is used.</summary>
    public readonly long Offset => offset;

    /// <summary>How each call is done.</summary>
    public readonly ReadWriteFlags Flags => flags;

    /// <inheritdoc/>
    public IoResult ReadToBlocks(in BlockSequence destination) =>
        Advance(HostIO.Preadv2(descriptor, in destination, offset, flags));

    /// <inheritdoc/>
    public IoResult WriteFromBlocks(in BlockSequence source) =>
        Advance(HostIO.Pwritev2(descriptor, in source, offset, flags));

    private IoResult Advance(IoResult result)
    {
        if (offset >= 0)
            offset += (long)result.Bytes; // cannot overflow: the kernel moves no byte past 2^63 - 1
        return result;
    }
}
