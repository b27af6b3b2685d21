namespace Scatterlist.HostFd;

internal sealed class BlocksWriter(ReadOnlyMemory<Block> blocks, bool mayFault) : IBlockWriter
{
    private ulong _position;

    public IoResult WriteFromBlocks(in BlockSequence source)
    {
        if (source.IsEmpty)
            return default;
        BlockSequence rest = new BlockSequence(blocks.Span, mayFault).DropFirst(_position);
        if (rest.IsEmpty)
            return IoResult.Failure(Errno.ENOSPC);
        SafeCopyResult copied = SafeCopy.Copy(in rest, in source);
        _position += copied.Bytes;
        return copied.IsSuccess || copied.Bytes != 0
            ? IoResult.Success(copied.Bytes)
            : IoResult.Failure(copied.Errno);
    }
}
