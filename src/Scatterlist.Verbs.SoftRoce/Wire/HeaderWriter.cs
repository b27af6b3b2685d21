using System.Buffers.Binary;

namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>Writes a packet's headers one behind the other, big-endian. Its span must hold them all.</summary>
/// <param name="destination">Where the BTH starts; <see cref="HeaderSizes.Longest"/> bytes hold any row of headers.</param>
internal ref struct HeaderWriter(Span<byte> destination)
{
    /// <summary>The partition that everybody is in, as a full member.</summary>
    internal const ushort DefaultPartition = 0xffff;

    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written so far.</summary>
    internal int Length { get; private set; }

    /// <summary>What has been written.</summary>
    internal readonly ReadOnlySpan<byte> Written => _destination[..Length];

    /// <summary>The BTH. The migration state says "migrated", the usual one of the IBTA.</summary>
    /// <param name="opcode">What the packet is.</param>
    /// <param name="padding">Zero bytes behind the payload: 0..3.</param>
    /// <param name="destinationQueuePair">24 bits.</param>
    /// <param name="psn">24 bits.</param>
    /// <param name="acknowledge">Whether an answer is asked for.</param>
    /// <param name="solicited">Whether the receiver shall wake.</param>
    /// <param name="partition">The P_Key.</param>
    internal void Base(
        Opcode opcode, int padding, uint destinationQueuePair, uint psn, bool acknowledge = false, bool solicited = false,
        ushort partition = DefaultPartition)
    {
        Span<byte> at = Take(HeaderSizes.Base);
        at[0] = (byte)opcode;
        at[1] = (byte)((solicited ? 0x80 : 0) | 0x40 | ((padding & 3) << 4));
        BinaryPrimitives.WriteUInt16BigEndian(at[2..], partition);
        BinaryPrimitives.WriteUInt32BigEndian(at[4..], destinationQueuePair & Psn.Mask);
        BinaryPrimitives.WriteUInt32BigEndian(at[8..], (acknowledge ? 0x8000_0000 : 0) | (psn & Psn.Mask));
    }

    /// <summary>The bytes that <see cref="Base"/> writes, for who stores them in two pieces.</summary>
    /// <returns>The first eight as they lie in memory, and the last four.</returns>
    internal static (ulong First, uint Last) PackBase(
        Opcode opcode, int padding, uint destinationQueuePair, uint psn, bool acknowledge, bool solicited)
    {
        uint first = ((uint)opcode << 24) | (solicited ? 0x80_0000u : 0) | 0x40_0000 | ((uint)(padding & 3) << 20)
            | DefaultPartition;
        ulong eight = ((ulong)first << 32) | (destinationQueuePair & Psn.Mask);
        uint last = (acknowledge ? 0x8000_0000 : 0) | (psn & Psn.Mask);
        return BitConverter.IsLittleEndian
            ? (BinaryPrimitives.ReverseEndianness(eight), BinaryPrimitives.ReverseEndianness(last))
            : (eight, last);
    }

    /// <summary>RETH.</summary>
    internal void Reth(ulong address, uint remoteKey, uint length)
    {
        Span<byte> at = Take(HeaderSizes.Reth);
        BinaryPrimitives.WriteUInt64BigEndian(at, address);
        BinaryPrimitives.WriteUInt32BigEndian(at[8..], remoteKey);
        BinaryPrimitives.WriteUInt32BigEndian(at[12..], length);
    }

    /// <summary>AtomicETH.</summary>
    internal void AtomicEth(ulong address, uint remoteKey, ulong swapOrAdd, ulong compare)
    {
        Span<byte> at = Take(HeaderSizes.AtomicEth);
        BinaryPrimitives.WriteUInt64BigEndian(at, address);
        BinaryPrimitives.WriteUInt32BigEndian(at[8..], remoteKey);
        BinaryPrimitives.WriteUInt64BigEndian(at[12..], swapOrAdd);
        BinaryPrimitives.WriteUInt64BigEndian(at[20..], compare);
    }

    /// <summary>AETH.</summary>
    internal void Aeth(byte syndrome, uint messageNumber) => BinaryPrimitives.WriteUInt32BigEndian(
        Take(HeaderSizes.Aeth), ((uint)syndrome << 24) | (messageNumber & Psn.Mask));

    /// <summary>AtomicAckETH.</summary>
    internal void AtomicAckEth(ulong original) =>
        BinaryPrimitives.WriteUInt64BigEndian(Take(HeaderSizes.AtomicAckEth), original);

    /// <summary>ImmDt: four bytes as the program gave them, in network order already.</summary>
    internal void Immediate(uint networkOrder) =>
        System.Runtime.InteropServices.MemoryMarshal.Write(Take(HeaderSizes.Immediate), in networkOrder);

    /// <summary>IETH.</summary>
    internal void Invalidate(uint remoteKey) =>
        BinaryPrimitives.WriteUInt32BigEndian(Take(HeaderSizes.Invalidate), remoteKey);

    /// <summary>DETH.</summary>
    internal void Deth(uint queueKey, uint sourceQueuePair)
    {
        Span<byte> at = Take(HeaderSizes.Deth);
        BinaryPrimitives.WriteUInt32BigEndian(at, queueKey);
        BinaryPrimitives.WriteUInt32BigEndian(at[4..], sourceQueuePair & Psn.Mask);
    }

    private Span<byte> Take(int count)
    {
        Span<byte> taken = _destination.Slice(Length, count);
        Length += count;
        return taken;
    }
}
