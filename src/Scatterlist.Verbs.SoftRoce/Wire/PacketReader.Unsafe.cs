using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>
/// A packet from its BTH through its padding, whose form <see cref="TryRead"/> has found good: all headers that its
/// opcode asks for are there. A header's members are valid when <see cref="Traits"/> names it.
/// </summary>
internal readonly unsafe struct PacketReader
{
    private readonly byte* _bytes;
    private readonly int _headerLength;

    private PacketReader(byte* bytes, int length, OpcodeTraits traits, int headerLength, int padding)
    {
        _bytes = bytes;
        _headerLength = headerLength;
        Traits = traits;
        PayloadLength = length - headerLength - padding;
    }

    internal Opcode Opcode => (Opcode)_bytes[0];

    internal OpcodeTraits Traits { get; }

    /// <summary>Whether the sender asks to wake the receiver.</summary>
    internal bool IsSolicited => (_bytes[1] & 0x80) != 0;

    internal int Padding => (_bytes[1] >> 4) & 3;

    /// <summary>The P_Key; partitions match by its low 15 bits.</summary>
    internal ushort Partition => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ushort>(_bytes + 2));

    internal uint DestinationQueuePair => Load32(4) & Psn.Mask;

    internal bool AsksAcknowledge => (_bytes[8] & 0x80) != 0;

    internal uint Sequence => Load32(8) & Psn.Mask;

    /// <summary>RETH and AtomicETH: the remote address.</summary>
    internal ulong RemoteAddress => Load64(HeaderSizes.Base);

    /// <summary>RETH and AtomicETH: the remote key.</summary>
    internal uint RemoteKey => Load32(HeaderSizes.Base + 8);

    /// <summary>RETH: bytes of the whole message.</summary>
    internal uint RemoteLength => Load32(HeaderSizes.Base + 12);

    /// <summary>AtomicETH: what to store, or to add.</summary>
    internal ulong SwapOrAdd => Load64(HeaderSizes.Base + 12);

    /// <summary>AtomicETH: what to compare with.</summary>
    internal ulong Compare => Load64(HeaderSizes.Base + 20);

    /// <summary>AETH: see <see cref="Wire.Syndrome"/>.</summary>
    internal byte Syndrome => _bytes[HeaderSizes.Base];

    /// <summary>AETH: how many messages the responder has finished, 24 bits.</summary>
    internal uint MessageNumber => Load32(HeaderSizes.Base) & Psn.Mask;

    /// <summary>AtomicAckETH: the value before the atomic.</summary>
    internal ulong Original => Load64(HeaderSizes.Base + HeaderSizes.Aeth);

    /// <summary>ImmDt, in network order as it came: the last header of every opcode that has it.</summary>
    internal uint ImmediateNetworkOrder =>
        Unsafe.ReadUnaligned<uint>(_bytes + _headerLength - HeaderSizes.Immediate);

    /// <summary>IETH: the key to invalidate.</summary>
    internal uint InvalidatedKey => Load32(HeaderSizes.Base);

    /// <summary>DETH: the Q_Key.</summary>
    internal uint QueueKey => Load32(HeaderSizes.Base);

    /// <summary>DETH: who sent it.</summary>
    internal uint SourceQueuePair => Load32(HeaderSizes.Base + 4) & Psn.Mask;

    /// <summary>The first byte behind the headers.</summary>
    internal byte* Payload => _bytes + _headerLength;

    /// <summary>Bytes between the headers and the padding.</summary>
    internal int PayloadLength { get; }

    /// <summary>Whether the opcode has all of these traits.</summary>
    internal bool Has(OpcodeTraits traits) => (Traits & traits) == traits;

    /// <summary>Checks a packet's form. Touches no byte outside of the given ones, whatever they are.</summary>
    /// <param name="bytes">From the BTH on.</param>
    /// <param name="length">Bytes through the padding, without the ICRC.</param>
    /// <param name="packet">The packet, when nothing is wrong.</param>
    internal static PacketFault TryRead(byte* bytes, int length, out PacketReader packet)
    {
        packet = default;
        if (length < HeaderSizes.Base)
            return PacketFault.TooShort;
        if ((bytes[1] & 0x0f) != 0)
            return PacketFault.Version;
        var opcode = (Opcode)bytes[0];
        OpcodeTraits traits = OpcodeTable.TraitsOf(opcode);
        if (traits == OpcodeTraits.None)
            return PacketFault.Opcode;
        int headers = OpcodeTable.HeaderLengthOf(opcode);
        if (length < headers)
            return PacketFault.TooShort;

        int padding = (bytes[1] >> 4) & 3;
        int rest = length - headers;
        if ((rest & 3) != 0 || (padding != 0 && padding >= rest))
            return PacketFault.Padding;
        if (rest != 0 && (traits & OpcodeTraits.Payload) == 0)
            return PacketFault.UnexpectedPayload;
        packet = new PacketReader(bytes, length, traits, headers, padding);
        return PacketFault.None;
    }

    private uint Load32(int offset) => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(_bytes + offset));

    private ulong Load64(int offset) =>
        BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(_bytes + offset));
}
