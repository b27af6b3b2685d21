using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Scatterlist.Verbs;

public readonly partial struct WorkCompletion
{
    // By whole registers: a completion is copied whole from where it is made, to the queue, to the program's span, each
    // before the stores of the last step have left the processor, which forwards a store to no load that is wider.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal WorkCompletion(
        ulong id,
        CompletionStatus status,
        CompletionOpcode opcode,
        uint queuePair,
        uint byteLength = 0,
        CompletionFlags flags = CompletionFlags.None,
        uint rawImmediate = 0,
        uint sourceQueuePair = 0,
        uint vendorError = 0)
    {
        Unsafe.SkipInit(out this);
        ref byte place = ref Unsafe.As<WorkCompletion, byte>(ref this);
        Unsafe.WriteUnaligned(ref place, Vector256.Create(
            id,
            Pair((uint)status, (uint)opcode),
            Pair(vendorError, byteLength),
            Pair(rawImmediate, queuePair)));
        Unsafe.WriteUnaligned(
            ref Unsafe.Add(ref place, Vector256<byte>.Count), Vector128.Create(Pair(sourceQueuePair, (uint)flags), 0ul));
    }

    private static ulong Pair(uint first, uint second) =>
        BitConverter.IsLittleEndian ? first | ((ulong)second << 32) : ((ulong)first << 32) | second;
}
