using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>What the ends of a channel say over its socket. All messages have one size and this machine's byte
/// order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlMessage
{
    internal const ulong Magic = 0x5453_4f48_4c47_5353;

    internal static readonly int Size = Unsafe.SizeOf<ControlMessage>();

    internal ControlKind Kind;

    /// <summary>Grant: the rights. Hello: the protocol's version.</summary>
    internal uint Number;

    /// <summary>Hello and welcome: <see cref="Magic"/>. Grant: the sequence.</summary>
    internal ulong Word;

    /// <summary>Hello: who sends, and to whom.</summary>
    internal Gid Source;

    internal Gid Destination;

    /// <summary>Hello and welcome.</summary>
    internal Guid Boot;

    internal ulong Network;

    /// <summary>Hello: bytes in a ring.</summary>
    internal ulong RingBytes;

    /// <summary>Hello: which of the NICs at the source address; minus one for all.</summary>
    internal long SourceSlot;

    /// <summary>Grant.</summary>
    internal uint QueuePair;

    internal uint Key;

    internal ulong Address;

    internal ulong Length;

    internal ulong MemoryOffset;

    internal int Index;

    /// <summary>Grant, memory, retire: the number of a memfd on this channel.</summary>
    internal int Memory;
}
