namespace Scatterlist.HostFd;

internal sealed unsafe class BlockStream(IBlockReader? reader, IBlockWriter? writer) : Stream
{
    public override bool CanRead => reader is not null;

    public override bool CanSeek => false;

    public override bool CanWrite => writer is not null;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    public override int Read(Span<byte> buffer)
    {
        if (reader is null)
            throw new NotSupportedException("The stream has no reader.");
        fixed (byte* first = buffer)
        {
            IoResult result = reader.ReadToBlocks(new BlockSequence(new Block(first, (nuint)buffer.Length)));
            return result.IsSuccess ? (int)result.Bytes : throw new ScatterlistException(
                $"read({buffer.Length} bytes)", result.Errno);
        }
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (writer is null)
            throw new NotSupportedException("The stream has no writer.");
        fixed (byte* first = buffer)
        {
            IoResult result = BlockIO.WriteFull(writer, new BlockSequence(new Block(first, (nuint)buffer.Length)));
            if (!result.IsSuccess)
            {
                throw new ScatterlistException(
                    $"write({buffer.Length} bytes)", result.Errno, $"{result.Bytes} bytes had moved");
            }
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
