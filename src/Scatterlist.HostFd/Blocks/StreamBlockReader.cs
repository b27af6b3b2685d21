using System.Buffers;
using System.Runtime.ExceptionServices;

namespace Scatterlist.HostFd;

internal sealed class StreamBlockReader : IBlockReader
{
    private const int BounceBytes = 64 * 1024;

    private readonly Stream _stream;
    private ExceptionDispatchInfo? _pending;

    internal StreamBlockReader(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead)
            throw new ArgumentException("The stream cannot be read.", nameof(stream));
        _stream = stream;
    }

    // What the stream throws after some bytes were read is thrown by the next call: those bytes are not lost.
    public IoResult ReadToBlocks(in BlockSequence destination)
    {
        if (Interlocked.Exchange(ref _pending, null) is { } pending)
            pending.Throw();
        ulong done = 0;
        BlockSequence rest = destination;
        while (!rest.IsEmpty)
        {
            int asked = (int)nuint.Min(rest.Head.Length, int.MaxValue);
            int read;
            try
            {
                if (rest.MayFault)
                {
                    asked = int.Min(asked, BounceBytes);
                    IoResult bounced = ReadBounced(rest.Head, asked);
                    if (!bounced.IsSuccess)
                        return done == 0 ? bounced : IoResult.Success(done);
                    read = (int)bounced.Bytes;
                }
                else
                {
                    read = _stream.Read(rest.Head.TakeFirst((nuint)asked).AsSpan());
                }
            }
            catch (Exception e) when (done != 0)
            {
                _pending = ExceptionDispatchInfo.Capture(e);
                return IoResult.Success(done);
            }

            done += (ulong)read;
            if (read == 0)
                return done == 0 ? IoResult.EndOfFile() : IoResult.Success(done);
            if (read < asked)
                break;
            rest = rest.DropFirst((ulong)read);
        }

        return IoResult.Success(done);
    }

    private IoResult ReadBounced(Block destination, int asked)
    {
        byte[] bounce = ArrayPool<byte>.Shared.Rent(asked);
        try
        {
            int read = _stream.Read(bounce, 0, asked);
            SafeCopyResult copied = SafeCopy.CopyOut(destination, bounce.AsSpan(0, read));
            return copied.IsSuccess || copied.Bytes != 0
                ? IoResult.Success(copied.Bytes)
                : IoResult.Failure(copied.Errno);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bounce);
        }
    }
}
