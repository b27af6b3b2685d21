namespace Scatterlist.HostFd;

/// <summary>What is built on block readers and writers: full transfers, and the way to and from streams.</summary>
public static class BlockIO
{
    /// <summary>Reads until the blocks are full, the reader ends or an error comes.</summary>
    /// <param name="reader">Where the bytes come from.</param>
    /// <param name="destination">Where they go.</param>
    /// <returns>The bytes read, with an error too; <see cref="IoResult.IsEndOfFile"/> when the reader ended
    /// first.</returns>
    public static IoResult ReadFull(IBlockReader reader, in BlockSequence destination)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ulong done = 0;
        BlockSequence rest = destination;
        while (!rest.IsEmpty)
        {
            IoResult result = reader.ReadToBlocks(in rest);
            done += result.Bytes;
            if (!result.IsSuccess)
                return IoResult.Failure(result.Errno, done);
            if (result.IsEndOfFile)
                return IoResult.EndOfFile(done);
            rest = rest.DropFirst(result.Bytes);
        }

        return IoResult.Success(done);
    }

    /// <summary>Writes until all bytes are written or an error comes.</summary>
    /// <param name="writer">Where the bytes go.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>The bytes written, with an error too; EIO from a writer that takes nothing and reports
    /// nothing.</returns>
    public static IoResult WriteFull(IBlockWriter writer, in BlockSequence source)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ulong done = 0;
        BlockSequence rest = source;
        while (!rest.IsEmpty)
        {
            IoResult result = writer.WriteFromBlocks(in rest);
            done += result.Bytes;
            if (!result.IsSuccess || result.Bytes == 0)
                return IoResult.Failure(result.IsSuccess ? Errno.EIO : result.Errno, done);
            rest = rest.DropFirst(result.Bytes);
        }

        return IoResult.Success(done);
    }

    /// <summary>
    /// A reader of a stream: block by block, up to the first that the stream does not fill. The stream stays the
    /// caller's.
    /// </summary>
    /// <exception cref="ArgumentException">The stream cannot be read.</exception>
    public static IBlockReader FromReadable(Stream stream) => new StreamBlockReader(stream);

    /// <summary>A writer to a stream, block by block. The stream stays the caller's.</summary>
    /// <exception cref="ArgumentException">The stream cannot be written.</exception>
    public static IBlockWriter FromWritable(Stream stream) => new StreamBlockWriter(stream);

    /// <summary>A reader of memory: it ends behind the last block.</summary>
    /// <param name="blocks">The blocks, which stay in place as long as the reader is used.</param>
    /// <param name="mayFault">See <see cref="BlockSequence.MayFault"/>.</param>
    public static IBlockReader FromBlocks(ReadOnlyMemory<Block> blocks, bool mayFault = false) =>
        new BlocksReader(blocks, mayFault);

    /// <summary>A writer to memory: it reports ENOSPC behind the last block.</summary>
    /// <param name="blocks">The blocks, which stay in place as long as the writer is used.</param>
    /// <param name="mayFault">See <see cref="BlockSequence.MayFault"/>.</param>
    public static IBlockWriter ToBlocks(ReadOnlyMemory<Block> blocks, bool mayFault = false) =>
        new BlocksWriter(blocks, mayFault);

    /// <summary>A stream over a reader, a writer, or both; errors become <see cref="ScatterlistException"/>.</summary>
    /// <param name="reader">What is read, or null.</param>
    /// <param name="writer">What is written, or null. Every write goes on until all bytes are written.</param>
    public static Stream ToStream(IBlockReader? reader, IBlockWriter? writer = null) => new BlockStream(reader, writer);
}
