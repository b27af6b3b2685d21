using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// CLOCK_OP: reads or sets a clock; the rate, in Hz, is ignored for reading. The reply is the achieved rate.
/// </summary>
internal readonly record struct ClockRequest(uint Device, uint Rate, ClockOperation Operation, ClockRegion Region)
{
    public const int Size = 10;

    public static bool TryParse(ReadOnlySpan<byte> body, out ClockRequest message)
    {
        message = default;
        if (body.Length < Size)
            return false;
        message = new ClockRequest(
            BinaryPrimitives.ReadUInt32LittleEndian(body),
            BinaryPrimitives.ReadUInt32LittleEndian(body[4..]),
            (ClockOperation)body[8],
            (ClockRegion)body[9]);
        return true;
    }

    public int Write(Span<byte> body)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(body, Device);
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], Rate);
        body[8] = (byte)Operation;
        body[9] = (byte)Region;
        return Size;
    }
}
