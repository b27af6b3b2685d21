using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>The reply of GET_BAR_INFO: the driver's own structure, with its size in front and C alignment.</summary>
internal readonly record struct BarInfoResponse(byte Bar, bool IsUsable, bool IsInUse, ulong StartAddress, ulong Length)
{
    public const int Size = 24;

    public static bool TryParse(ReadOnlySpan<byte> body, out BarInfoResponse message)
    {
        message = default;
        if (body.Length < Size)
            return false;
        message = new BarInfoResponse(
            body[4],
            body[5] != 0,
            body[6] != 0,
            BinaryPrimitives.ReadUInt64LittleEndian(body[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(body[16..]));
        return true;
    }

    public int Write(Span<byte> body)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(body, Size);
        body[4] = Bar;
        body[5] = IsUsable ? (byte)1 : (byte)0;
        body[6] = IsInUse ? (byte)1 : (byte)0;
        body[7] = 0;
        BinaryPrimitives.WriteUInt64LittleEndian(body[8..], StartAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(body[16..], Length);
        return Size;
    }
}
