using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>
/// The usual message, by fewer looks than <see cref="PacketReader"/> takes: a whole reliable SEND without another header
/// than its BTH, in the partition that everybody is in. The BTH was read once, into registers: the packet may lie in
/// memory that a peer writes.
/// </summary>
internal readonly unsafe struct PlainSend
{
    private const uint FixedBits = 0xff0f_ffff; // opcode, version and partition; not: solicited, migration, padding
    private const uint Expected = ((uint)Opcode.RcSendOnly << 24) | HeaderWriter.DefaultPartition;

    private readonly ulong _first; // the BTH's bytes as big-endian numbers
    private readonly uint _last;

    private PlainSend(ulong first, uint last, byte* payload, int payloadLength)
    {
        _first = first;
        _last = last;
        Payload = payload;
        PayloadLength = payloadLength;
    }

    /// <inheritdoc cref="PacketReader.IsSolicited"/>
    internal bool IsSolicited => ((_first >> 55) & 1) != 0;

    internal uint DestinationQueuePair => (uint)_first & Psn.Mask;

    internal bool AsksAcknowledge => _last >> 31 != 0;

    internal uint Sequence => _last & Psn.Mask;

    /// <summary>The payload where it came: to be copied once, and not looked at before.</summary>
    internal byte* Payload { get; }

    internal int PayloadLength { get; }

    /// <summary>Looks whether a packet is one, as <see cref="PacketReader.TryRead"/> would judge it. Reads no byte behind
    /// the BTH.</summary>
    /// <param name="bytes">From the BTH on.</param>
    /// <param name="length">Bytes through the padding, without the ICRC.</param>
    /// <param name="send">The message.</param>
    /// <returns>False: it is something else, or nothing.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryRead(byte* bytes, int length, out PlainSend send)
    {
        int rest = length - HeaderSizes.Base;
        if (rest < 0 || (rest & 3) != 0)
        {
            send = default;
            return false;
        }

        ulong first = BinaryPrimitives.ReadUInt64BigEndian(new ReadOnlySpan<byte>(bytes, sizeof(ulong)));
        uint last = BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(bytes + sizeof(ulong), sizeof(uint)));
        int padding = (int)(first >> 52) & 3;
        send = new PlainSend(first, last, bytes + HeaderSizes.Base, rest - padding);
        return ((uint)(first >> 32) & FixedBits) == Expected && (padding == 0 || padding < rest);
    }
}
