using System.Runtime.CompilerServices;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

public static unsafe partial class HostIO
{
    // Merging walks every block; with few of them the kernel's own walk costs no more.
    private const int MergeThreshold = 8;

    private const int StatusFlagAppend = 0x400; // O_APPEND

    private enum ManyBlocks
    {
        SeveralCalls,
        OneCall,
        Refused,
    }

    /// <summary>Any number of blocks but one.</summary>
    private static IoResult Transfer(
        int descriptor, in BlockSequence sequence, long offset, ReadWriteFlags flags, bool write)
    {
        // The caller's own array goes to the kernel as it is, with its empty blocks.
        if (sequence.TryGetWhole(out ReadOnlySpan<Block> whole) && whole.Length <= MaxReadWriteIov
            && (whole.Length < MergeThreshold || !LooksAdjacent(whole)))
        {
            fixed (Block* blocks = whole)
                return Call(descriptor, blocks, whole.Length, offset, flags, write);
        }

        return sequence.IsEmpty ? default : TransferWindow(descriptor, in sequence, offset, flags, write);
    }

    /// <summary>Blocks that are copied first: cut at an end, merged, or more than one call takes.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IoResult TransferWindow(
        int descriptor, in BlockSequence sequence, long offset, ReadWriteFlags flags, bool write)
    {
        Block* window = stackalloc Block[MaxReadWriteIov];
        var space = new Span<Block>(window, MaxReadWriteIov);
        if (sequence.TryCopyWindowTo(space, out int count)
            && (count < MergeThreshold || !LooksAdjacent(space[..count])))
        {
            return Call(descriptor, window, count, offset, flags, write);
        }

        count = sequence.MergeBlocksTo(space, out ulong bytes);
        if (bytes == sequence.Length)
            return Call(descriptor, window, count, offset, flags, write);

        ManyBlocks treatment = HowToSplit(descriptor, offset, flags, write, out Errno refusal);
        if (treatment == ManyBlocks.Refused)
            return IoResult.Failure(refusal);

        ulong done = 0;
        BlockSequence rest = sequence;
        while (true)
        {
            // The kernel would refuse an end past 2^63 - 1; the sum must not come out as -1, the descriptor's own.
            if (offset >= 0 && done > (ulong)(long.MaxValue - offset))
                return IoResult.Success(done);
            long position = offset < 0 ? offset : offset + (long)done;
            IoResult result = Call(descriptor, window, count, position, flags, write);
            done += result.Bytes;
            if (done == 0)
                return result;
            // With progress made, an error or the end of the file is the next call's to tell.
            if (result.Bytes != bytes || treatment == ManyBlocks.OneCall || done == sequence.Length)
                return IoResult.Success(done);
            rest = rest.DropFirst(bytes);
            count = rest.MergeBlocksTo(space, out bytes);
        }
    }

    private static IoResult Call(
        int descriptor, Block* blocks, int count, long offset, ReadWriteFlags flags, bool write)
    {
        int callFlags = (int)(flags & ~ReadWriteFlags.ReturnInterrupted);
        while (true)
        {
            nint moved = write
                ? LibC.PWriteV2(descriptor, blocks, count, offset, callFlags)
                : LibC.PReadV2(descriptor, blocks, count, offset, callFlags);
            if (moved > 0 || (moved == 0 && write))
                return IoResult.Success((ulong)moved);
            if (moved == 0)
                return IoResult.EndOfFile();
            Errno errno = LibC.LastError();
            if (errno != Errno.EINTR || (flags & ReadWriteFlags.ReturnInterrupted) != 0)
                return IoResult.Failure(errno);
        }
    }

    /// <summary>Asks, only for more blocks than one call takes, what the descriptor is.</summary>
    private static ManyBlocks HowToSplit(
        int descriptor, long offset, ReadWriteFlags flags, bool write, out Errno refusal)
    {
        refusal = Errno.EINVAL;
        if ((flags & ReadWriteFlags.Atomic) != 0)
            return ManyBlocks.Refused;
        if (write && (flags & ReadWriteFlags.NoAppend) == 0)
        {
            if ((flags & ReadWriteFlags.Append) != 0)
                return ManyBlocks.OneCall;
            int status = LibC.FCntl(descriptor, LibC.FGetFl, 0);
            if (status >= 0 && (status & StatusFlagAppend) != 0)
                return ManyBlocks.OneCall;
        }

        if (offset >= 0)
            return ManyBlocks.SeveralCalls; // what has no offsets answers the first call with ESPIPE

        StatX file;
        byte empty = 0;
        if (LibC.StatX(descriptor, &empty, LibC.AtEmptyPath, StatX.BasicStats, &file) != 0)
            return ManyBlocks.OneCall; // the call itself tells what is wrong
        switch (file.Mode & StatX.TypeMask)
        {
            case StatX.TypeRegular or StatX.TypeBlock:
                return ManyBlocks.SeveralCalls;
            case StatX.TypeSocket:
                int type;
                uint length = sizeof(int);
                bool known = LibC.GetSockOpt(descriptor, LibC.SolSocket, LibC.SoType, &type, &length) == 0;
                refusal = Errno.EMSGSIZE;
                return known && type == (int)UnixSocketType.Stream ? ManyBlocks.OneCall : ManyBlocks.Refused;
            default:
                return ManyBlocks.OneCall;
        }
    }

    /// <summary>
    /// Looks at three neighbours, at the start, in the middle and at the end; two must continue each other.
    /// </summary>
    private static bool LooksAdjacent(ReadOnlySpan<Block> blocks)
    {
        int middle = blocks.Length / 2;
        int adjacent = Continues(blocks[0], blocks[1]) + Continues(blocks[middle - 1], blocks[middle])
            + Continues(blocks[^2], blocks[^1]);
        return adjacent >= 2;

        static int Continues(Block first, Block second) =>
            (nint)((nuint)first.Address + first.Length) == second.Address ? 1 : 0;
    }
}
