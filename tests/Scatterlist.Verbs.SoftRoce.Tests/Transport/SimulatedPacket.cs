using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>A packet on the simulated wire, from its BTH through its padding.</summary>
internal sealed record SimulatedPacket(
    Gid Source, Gid Destination, byte[] Bytes, byte TrafficClass = 0, byte HopLimit = 64)
{
    internal Opcode Opcode => (Opcode)Bytes[0];

    internal uint Sequence
    {
        get => ReadNumber(9);
        set => (Bytes[9], Bytes[10], Bytes[11]) = ((byte)(value >> 16), (byte)(value >> 8), (byte)value);
    }

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
