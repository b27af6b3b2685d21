using System.Buffers;
using System.Runtime.ExceptionServices;

namespace Scatterlist.HostFd;

internal sealed class StreamBlockWriter : IBlockWriter
{
    private const int BounceBytes = 64 * 1024;

    private readonly Stream _stream;
    private ExceptionDispatchInfo? _pending;

    internal StreamBlockWriter(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
            throw new ArgumentException("The stream cannot be written.", nameof(stream));
        _stream = stream;
    }

    // What the stream throws after some blocks were written is thrown by the next call.
    public IoResult WriteFromBlocks(in BlockSequence source)
    {
        if (Interlocked.Exchange(ref _pending, null) is { } pending)
            pending.Throw();
        ulong done = 0;
        BlockSequence rest = source;
        while (!rest.IsEmpty)
        {
            Block part = rest.Head.TakeFirst((nuint)(rest.MayFault ? BounceBytes : int.MaxValue));
            try
            {
                if (rest.MayFault)
                {
                    SafeCopyResult gathered = WriteBounced(part);
                    done += gathered.Bytes;
                    if (!gathered.IsSuccess)
                        return done == 0 ? IoResult.Failure(gathered.Errno) : IoResult.Success(done);
                }
                else
                {
                    _stream.Write(part.AsSpan());
                    done += part.Length;
                }
            }
            catch (Exception e) when (done != 0)
            {
                _pending = ExceptionDispatchInfo.Capture(e);
                return IoResult.Success(done);
            }

            rest = rest.DropFirst(part.Length);
        }

        return IoResult.Success(done);
    }

    private SafeCopyResult WriteBounced(Block part)
    {
        byte[] bounce = ArrayPool<byte>.Shared.Rent((int)part.Length);
        try
        {
            // After a fault, what was gathered before it is written first.
            SafeCopyResult gathered = SafeCopy.CopyIn(bounce.AsSpan(0, (int)part.Length), part);
            _stream.Write(bounce, 0, (int)gathered.Bytes);
            return gathered;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bounce);
        }
    }
}
