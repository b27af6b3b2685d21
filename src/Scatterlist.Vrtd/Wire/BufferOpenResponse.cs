using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// The reply of BUFFER_OPEN, with the queue's descriptor attached: the rounded size, the device address, and after
/// version 1 how many queue pairs the descriptor drives (1 when the reply does not say).
/// </summary>
internal readonly record struct BufferOpenResponse(ulong Size, ulong PhysicalAddress, uint QueuePairCount)
{
    private const int ShortSize = 16;
    private const int LongSize = 20;

    public static int SizeIn(WireShape shape) => shape >= WireShape.MidA ? LongSize : ShortSize;

    public static bool TryParse(ReadOnlySpan<byte> body, out BufferOpenResponse message)
    {
        message = default;
        if (body.Length < ShortSize)
            return false;
        message = new BufferOpenResponse(
            BinaryPrimitives.ReadUInt64LittleEndian(body),
            BinaryPrimitives.ReadUInt64LittleEndian(body[8..]),
            body.Length >= LongSize ? BinaryPrimitives.ReadUInt32LittleEndian(body[16..]) : 1);
        return true;
    }

    public int Write(Span<byte> body, WireShape shape)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(body, Size);
        BinaryPrimitives.WriteUInt64LittleEndian(body[8..], PhysicalAddress);
        if (shape >= WireShape.MidA)
            BinaryPrimitives.WriteUInt32LittleEndian(body[16..], QueuePairCount);
        return SizeIn(shape);
    }
}
