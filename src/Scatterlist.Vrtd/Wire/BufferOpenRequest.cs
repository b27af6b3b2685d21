using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// BUFFER_OPEN. Everything after version 1 has the memory channel in the middle: a daemon that takes one shape for
/// the other misreads the argument and the size.
/// </summary>
internal readonly record struct BufferOpenRequest(
    uint Device,
    BufferAllocType Type,
    BufferAllocDirection Direction,
    QdmaChannel Channel,
    ulong Argument,
    ulong Size)
{
    private const int ShortSize = 28;
    private const int LongSize = 32;

    public static int SizeIn(WireShape shape) => shape >= WireShape.MidA ? LongSize : ShortSize;

    public static bool TryShapeOf(int length, out WireShape shape)
    {
        shape = length >= LongSize ? WireShape.V2 : WireShape.V1;
        return length >= ShortSize;
    }

    public static bool TryParse(ReadOnlySpan<byte> body, WireShape shape, out BufferOpenRequest message)
    {
        message = default;
        if (body.Length < SizeIn(shape))
            return false;
        bool hasChannel = shape >= WireShape.MidA;
        ReadOnlySpan<byte> rest = hasChannel ? body[16..] : body[12..];
        message = new BufferOpenRequest(
            BinaryPrimitives.ReadUInt32LittleEndian(body),
            (BufferAllocType)BinaryPrimitives.ReadUInt32LittleEndian(body[4..]),
            (BufferAllocDirection)BinaryPrimitives.ReadUInt32LittleEndian(body[8..]),
            hasChannel ? (QdmaChannel)BinaryPrimitives.ReadUInt32LittleEndian(body[12..]) : QdmaChannel.Auto,
            BinaryPrimitives.ReadUInt64LittleEndian(rest),
            BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]));
        return true;
    }

    public int Write(Span<byte> body, WireShape shape)
    {
        bool hasChannel = shape >= WireShape.MidA;
        Span<byte> rest = hasChannel ? body[16..] : body[12..];
        BinaryPrimitives.WriteUInt32LittleEndian(body, Device);
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], (uint)Type);
        BinaryPrimitives.WriteUInt32LittleEndian(body[8..], (uint)Direction);
        if (hasChannel)
            BinaryPrimitives.WriteUInt32LittleEndian(body[12..], (uint)Channel);
        BinaryPrimitives.WriteUInt64LittleEndian(rest, Argument);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[8..], Size);
        return SizeIn(shape);
    }
}
