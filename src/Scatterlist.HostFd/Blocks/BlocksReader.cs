namespace Scatterlist.HostFd;

internal sealed class BlocksReader(ReadOnlyMemory<Block> blocks, bool mayFault) : IBlockReader
{
    private ulong _position;

    public IoResult ReadToBlocks(in BlockSequence destination)
    {
        if (destination.IsEmpty)
            return default;
        BlockSequence rest = new BlockSequence(blocks.Span, mayFault).DropFirst(_position);
        if (rest.IsEmpty)
            return IoResult.EndOfFile();
        SafeCopyResult copied = SafeCopy.Copy(in destination, in rest);
        _position += copied.Bytes;
        return copied.IsSuccess || copied.Bytes != 0
            ? IoResult.Success(copied.Bytes)
            : IoResult.Failure(copied.Errno);
    }
}
