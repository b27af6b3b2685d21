using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// BUFFER_OPEN_RAW. Version 2 inserts the memory channel before the address, so the long form must never go to a
/// daemon of unknown version: version 1 would open, and leak, a buffer somewhere else.
/// </summary>
internal readonly record struct BufferOpenRawRequest(
    uint Device,
    BufferAllocDirection Direction,
    QdmaChannel Channel,
    ulong PhysicalAddress,
    ulong Size)
{
    private const int ShortSize = 24;
    private const int LongSize = 28;

    public static int SizeIn(WireShape shape) => shape >= WireShape.MidA ? LongSize : ShortSize;

    public static bool TryShapeOf(int length, out WireShape shape)
    {
        shape = length >= LongSize ? WireShape.V2 : WireShape.V1;
        return length >= ShortSize;
    }

    public static bool TryParse(ReadOnlySpan<byte> body, WireShape shape, out BufferOpenRawRequest message)
    {
        message = default;
        if (body.Length < SizeIn(shape))
            return false;
        bool hasChannel = shape >= WireShape.MidA;
        ReadOnlySpan<byte> rest = hasChannel ? body[12..] : body[8..];
        message = new BufferOpenRawRequest(
            BinaryPrimitives.ReadUInt32LittleEndian(body),
            (BufferAllocDirection)BinaryPrimitives.ReadUInt32LittleEndian(body[4..]),
            hasChannel ? (QdmaChannel)BinaryPrimitives.ReadUInt32LittleEndian(body[8..]) : QdmaChannel.Auto,
            BinaryPrimitives.ReadUInt64LittleEndian(rest),
            BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]));
        return true;
    }

    public int Write(Span<byte> body, WireShape shape)
    {
        bool hasChannel = shape >= WireShape.MidA;
        Span<byte> rest = hasChannel ? body[12..] : body[8..];
        BinaryPrimitives.WriteUInt32LittleEndian(body, Device);
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], (uint)Direction);
        if (hasChannel)
            BinaryPrimitives.WriteUInt32LittleEndian(body[8..], (uint)Channel);
        BinaryPrimitives.WriteUInt64LittleEndian(rest, PhysicalAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[8..], Size);
        return SizeIn(shape);
    }
}
