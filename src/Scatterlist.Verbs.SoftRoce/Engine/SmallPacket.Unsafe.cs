using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>
/// A packet of the same host that lies in one line, copied to where nobody else writes: a BTH and a few bytes behind it.
/// </summary>
/// <param name="bytes">From the BTH through the padding.</param>
/// <param name="length">How many there are, of <see cref="ReceivedPacket.HeaderCapacity"/> at most.</param>
/// <param name="path">The path that it came by.</param>
internal readonly unsafe struct SmallPacket(byte* bytes, int length, PacketPath path)
{
    private const uint FixedBits = 0xffff_0fffu; // opcode, version and partition; not: solicited, migration, padding
    private const uint PlainSend = (uint)Opcode.RcSendOnly | ((uint)HeaderWriter.DefaultPartition << 16);

    private readonly byte* _bytes = bytes;
    private readonly int _length = length;

    internal readonly PacketPath Path = path;

    internal uint DestinationQueuePair => Load(4) & Psn.Mask;

    internal uint Sequence => Load(8) & Psn.Mask;

    internal bool AsksAcknowledge => (_bytes[8] & 0x80) != 0;

    internal bool IsSolicited => (_bytes[1] & 0x80) != 0;

    internal byte* Payload => _bytes + HeaderSizes.Base;

    /// <summary>Whether it is a whole reliable message without any other header, and its form is good.</summary>
    /// <param name="payload">Bytes of the message.</param>
    internal bool IsSend(out uint payload)
    {
        uint word = Unsafe.ReadUnaligned<uint>(_bytes);
        int rest = _length - HeaderSizes.Base;
        int padding = (_bytes[1] >> 4) & 3;
        payload = (uint)(rest - padding);
        return BitConverter.IsLittleEndian && (word & FixedBits) == PlainSend && rest >= 0 && (rest & 3) == 0
            && (padding == 0 || padding < rest);
    }

    private uint Load(int offset) => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<uint>(_bytes + offset));
}
