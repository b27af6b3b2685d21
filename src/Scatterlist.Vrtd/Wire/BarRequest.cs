using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>GET_BAR_INFO and GET_BAR_FD: which BAR (0 to 5) of which device.</summary>
internal readonly record struct BarRequest(uint Device, byte Bar)
{
    public const int Size = 5;

    public static bool TryParse(ReadOnlySpan<byte> body, out BarRequest message)
    {
        message = default;
        if (body.Length < Size)
            return false;
        message = new BarRequest(
            BinaryPrimitives.ReadUInt32LittleEndian(body),
            body[4]);
        return true;
    }

    public int Write(Span<byte> body)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(body, Device);
        body[4] = Bar;
        return Size;
    }
}
