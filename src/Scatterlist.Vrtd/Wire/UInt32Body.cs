using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// A body of one 32-bit number: the device of GET_DEVICE_INFO, QDMA_GET_INFO and GET_SENSOR_INFO requests; the reply of
/// GET_NUM_DEVICES (count), CLOCK_OP (achieved rate in Hz) and GET_DEVICE_BY_BDF (device).
/// </summary>
internal readonly record struct UInt32Body(uint Value)
{
    public const int Size = 4;

    public static bool TryParse(ReadOnlySpan<byte> body, out UInt32Body message)
    {
        message = default;
        if (body.Length < Size)
            return false;
        message = new UInt32Body(BinaryPrimitives.ReadUInt32LittleEndian(body));
        return true;
    }

    public int Write(Span<byte> body)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(body, Value);
        return Size;
    }
}
