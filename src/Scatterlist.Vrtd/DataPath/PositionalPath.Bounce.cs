using Scatterlist.Vrtd.Interop;

namespace Scatterlist.Vrtd.DataPath;

internal partial class PositionalPath
{
    private const int BounceLength = 256 << 10;

    private readonly Lock _bounceLock = new();
    private HostBuffer? _bounce;

    public override void Release()
    {
        lock (_bounceLock)
        {
            _bounce?.Dispose();
            _bounce = null;
        }
    }

    /// <summary>
    /// Sends the rest of a source whose pages the driver could not pin, by way of pages it can. A source that is not
    /// there at all stays an EFAULT.
    /// </summary>
    private nuint WriteBounced(ulong address, Block source, nuint done, out Errno errno)
    {
        lock (_bounceLock)
        {
            errno = Errno.None;
            _bounce ??= HostBuffer.Allocate(BounceLength);
            Block bounce = new(_bounce.Address, BounceLength);
            while (done < source.Length && errno == Errno.None)
            {
                Block piece = source.DropFirst(done).TakeFirst(BounceLength);
                nint copied = LibC.CopyOwnMemory(bounce.TakeFirst(piece.Length), piece);
                if (copied > 0)
                    done += Write(address + done, bounce.TakeFirst((nuint)copied), mayBounce: false, out errno);
                else
                    errno = Errno.EFAULT;
            }

            return done;
        }
    }
}
