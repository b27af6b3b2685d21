using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.Interop;

/// <summary>
/// <c>struct ibv_send_wr</c>. Posts hand an array of them to the provider, linked by <see cref="Next"/> as well, so
/// that
/// libibverbs takes the array as its list.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal unsafe struct SendEntry
{
    [FieldOffset(0)]
    internal ulong Id;

    [FieldOffset(8)]
    internal SendEntry* Next;

    [FieldOffset(16)]
    internal ScatterGatherEntry* List;

    [FieldOffset(24)]
    internal int ListLength;

    [FieldOffset(28)]
    internal int Opcode;

    [FieldOffset(32)]
    internal uint Flags;

    /// <summary>Immediate data in network order, or the key to invalidate in host order.</summary>
    [FieldOffset(36)]
    internal uint Immediate;

    /// <summary>Of writes, reads and atomics.</summary>
    [FieldOffset(40)]
    internal ulong RemoteAddress;

    /// <summary>Of writes and reads.</summary>
    [FieldOffset(48)]
    internal uint RemoteKey;

    /// <summary>What compare-and-swap compares with; what fetch-and-add adds.</summary>
    [FieldOffset(48)]
    internal ulong CompareOrAdd;

    [FieldOffset(56)]
    internal ulong Swap;

    [FieldOffset(64)]
    internal uint AtomicRemoteKey;

    /// <summary>Of datagrams: the address handle's native object (see
    /// <c>ProviderAddressHandle.NativeObject</c>).</summary>
    [FieldOffset(40)]
    internal nint AddressHandle;

    [FieldOffset(48)]
    internal uint RemoteQueuePair;

    [FieldOffset(52)]
    internal uint RemoteQueueKey;

    /// <summary>Of a memory window's binding.</summary>
    [FieldOffset(80)]
    internal nint MemoryWindow;
}
