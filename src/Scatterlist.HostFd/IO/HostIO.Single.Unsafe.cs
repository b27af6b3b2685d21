using System.Runtime.CompilerServices;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

// The calls lie outside of every try block: inside of one the JIT would go through a stub.
public static unsafe partial class HostIO
{
    /// <summary>Reads into blocks.</summary>
    /// <param name="descriptor">The descriptor's number, which the caller keeps open during the call.</param>
    /// <param name="destination">Where the bytes go, block after block. Memory that may fault is allowed.</param>
    /// <param name="offset">Where in the file, or -1 for the descriptor's own offset.</param>
    /// <param name="flags">How.</param>
    public static IoResult Preadv2(
        int descriptor, in BlockSequence destination, long offset = -1, ReadWriteFlags flags = ReadWriteFlags.None)
    {
        if (!destination.IsSingleBlock)
            return Transfer(descriptor, in destination, offset, flags, write: false);
        Block block = destination.Head;
        return ReadBlock(descriptor, (byte*)block.Address, block.Length, offset, flags);
    }

    /// <summary>Reads into one span.</summary>
    /// <inheritdoc cref="Preadv2(int, in BlockSequence, long, ReadWriteFlags)"/>
    public static IoResult Preadv2(
        int descriptor, Span<byte> destination, long offset = -1, ReadWriteFlags flags = ReadWriteFlags.None)
    {
        fixed (byte* first = destination)
            return ReadBlock(descriptor, first, (nuint)destination.Length, offset, flags);
    }

    /// <summary>Writes from blocks.</summary>
    /// <param name="descriptor">The descriptor's number, which the caller keeps open during the call.</param>
    /// <param name="source">The bytes, block after block. Memory that may fault is allowed.</param>
    /// <param name="offset">Where in the file, or -1 for the descriptor's own offset.</param>
    /// <param name="flags">How.</param>
    public static IoResult Pwritev2(
        int descriptor, in BlockSequence source, long offset = -1, ReadWriteFlags flags = ReadWriteFlags.None)
    {
        if (!source.IsSingleBlock)
            return Transfer(descriptor, in source, offset, flags, write: true);
        Block block = source.Head;
        return WriteBlock(descriptor, (byte*)block.Address, block.Length, offset, flags);
    }

    /// <summary>Writes from one span.</summary>
    /// <inheritdoc cref="Pwritev2(int, in BlockSequence, long, ReadWriteFlags)"/>
    public static IoResult Pwritev2(
        int descriptor, ReadOnlySpan<byte> source, long offset = -1, ReadWriteFlags flags = ReadWriteFlags.None)
    {
        fixed (byte* first = source)
            return WriteBlock(descriptor, first, (nuint)source.Length, offset, flags);
    }

    [SkipLocalsInit]
    private static IoResult ReadBlock(int descriptor, byte* address, nuint length, long offset, ReadWriteFlags flags)
    {
        if (length == 0)
            return default;
        while (true)
        {
            nint moved;
            if (flags == ReadWriteFlags.None)
            {
                moved = offset == -1
                    ? LibC.Read(descriptor, address, length)
                    : LibC.PRead(descriptor, address, length, offset);
            }
            else
            {
                var block = new Block(address, length);
                moved = LibC.PReadV2(descriptor, &block, 1, offset, (int)(flags & ~ReadWriteFlags.ReturnInterrupted));
            }

            if (moved > 0)
                return IoResult.Success((ulong)moved);
            if (moved == 0)
                return IoResult.EndOfFile();
            Errno errno = LibC.LastError();
            if (errno != Errno.EINTR || (flags & ReadWriteFlags.ReturnInterrupted) != 0)
                return IoResult.Failure(errno);
        }
    }

    [SkipLocalsInit]
    private static IoResult WriteBlock(int descriptor, byte* address, nuint length, long offset, ReadWriteFlags flags)
    {
        if (length == 0)
            return default;
        while (true)
        {
            nint moved;
            if (flags == ReadWriteFlags.None)
            {
                moved = offset == -1
                    ? LibC.Write(descriptor, address, length)
                    : LibC.PWrite(descriptor, address, length, offset);
            }
            else
            {
                var block = new Block(address, length);
                moved = LibC.PWriteV2(descriptor, &block, 1, offset, (int)(flags & ~ReadWriteFlags.ReturnInterrupted));
            }

            if (moved >= 0)
                return IoResult.Success((ulong)moved);
            Errno errno = LibC.LastError();
            if (errno != Errno.EINTR || (flags & ReadWriteFlags.ReturnInterrupted) != 0)
                return IoResult.Failure(errno);
        }
    }
}
