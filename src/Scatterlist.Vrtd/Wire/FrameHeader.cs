using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// The eight bytes before every body: its length, the opcode (request) or the return code (reply), and the sequence
/// number. One datagram is one message; its length must be exactly 8 plus the body's.
/// </summary>
internal readonly record struct FrameHeader(ushort BodySize, ushort Code, uint Sequence)
{
    public const int Size = 8;

    /// <summary>The longest message, header included.</summary>
    public const int MaxMessage = 4096;

    public const int MaxBody = MaxMessage - Size;

    public Opcode Opcode => (Opcode)Code;

    public VrtdReturnCode ReturnCode => (VrtdReturnCode)Code;

    public static FrameHeader Request(Opcode opcode, int bodySize, uint sequence) =>
        new(checked((ushort)bodySize), (ushort)opcode, sequence);

    public static FrameHeader Reply(VrtdReturnCode code, int bodySize, uint sequence) =>
        new(checked((ushort)bodySize), (ushort)code, sequence);

    /// <summary>
    /// Splits a datagram. False when it is shorter than a header, longer than <see cref="MaxMessage"/>, or not as
    /// long as its header says.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out FrameHeader header, out ReadOnlySpan<byte> body)
    {
        header = default;
        body = default;
        if (datagram.Length is < Size or > MaxMessage)
            return false;
        ushort bodySize = BinaryPrimitives.ReadUInt16LittleEndian(datagram);
        if (datagram.Length != Size + bodySize)
            return false;
        header = new FrameHeader(
            bodySize,
            BinaryPrimitives.ReadUInt16LittleEndian(datagram[2..]),
            BinaryPrimitives.ReadUInt32LittleEndian(datagram[4..]));
        body = datagram[Size..];
        return true;
    }

    public void Write(Span<byte> datagram)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(datagram, BodySize);
        BinaryPrimitives.WriteUInt16LittleEndian(datagram[2..], Code);
        BinaryPrimitives.WriteUInt32LittleEndian(datagram[4..], Sequence);
    }
}
