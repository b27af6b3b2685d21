using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>A packet on the simulated wire, from its BTH through its padding.</summary>
internal sealed record SimulatedPacket(
    Gid Source, Gid Destination, byte[] Bytes, byte TrafficClass = 0, byte HopLimit = 64)
{
    internal Opcode Opcode => (Opcode)Bytes[0];

    internal uint Sequence => ReadNumber(9);

    internal uint DestinationQueuePair => ReadNumber(5);

    internal bool AsksAcknowledge => (Bytes[8] & 0x80) != 0;

    internal bool IsSolicited => (Bytes[1] & 0x80) != 0;

    /// <summary>AETH's, of responses that have one.</summary>
    internal byte Syndrome => Bytes[12];

    internal uint MessageNumber => ReadNumber(13);

    internal ReadOnlySpan<byte> Payload
    {
        get
        {
            int headers = OpcodeTable.HeaderLengthOf(Opcode);
            return Bytes.AsSpan(headers, Bytes.Length - headers - ((Bytes[1] >> 4) & 3));
        }
    }

    private uint ReadNumber(int at) => ((uint)Bytes[at] << 16) | ((uint)Bytes[at + 1] << 8) | Bytes[at + 2];
}
