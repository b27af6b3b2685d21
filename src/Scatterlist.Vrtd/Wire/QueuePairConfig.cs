using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// The driver's queue pair structure, which QDMA_QPAIR_ADD carries both ways: the number of the new queue pair is
/// filled in by the reply.
/// </summary>
internal readonly record struct QueuePairConfig(
    QdmaMode Mode,
    QdmaDirections Directions,
    QdmaChannel Channel,
    uint HostToCardRing,
    uint CardToHostRing,
    uint CompletionRing,
    uint QueueId,
    uint ApertureSize)
{
    public static int SizeIn(WireShape shape) => shape switch
    {
        WireShape.V1 => 28,
        WireShape.MidA => 32,
        _ => 36,
    };

    /// <summary>The shape of a structure of this length; false when it is too short for any.</summary>
    public static bool TryShapeOf(int length, out WireShape shape)
    {
        shape = length >= 36 ? WireShape.V2 : length >= 32 ? WireShape.MidA : WireShape.V1;
        return length >= 28;
    }

    public static bool TryParse(ReadOnlySpan<byte> body, WireShape shape, out QueuePairConfig message)
    {
        message = default;
        if (body.Length < SizeIn(shape))
            return false;
        bool hasChannel = shape >= WireShape.MidA;
        ReadOnlySpan<byte> rings = hasChannel ? body[16..] : body[12..];
        message = new QueuePairConfig(
            (QdmaMode)BinaryPrimitives.ReadUInt32LittleEndian(body[4..]),
            (QdmaDirections)BinaryPrimitives.ReadUInt32LittleEndian(body[8..]),
            hasChannel ? (QdmaChannel)BinaryPrimitives.ReadUInt32LittleEndian(body[12..]) : QdmaChannel.Auto,
            BinaryPrimitives.ReadUInt32LittleEndian(rings),
            BinaryPrimitives.ReadUInt32LittleEndian(rings[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(rings[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(rings[12..]),
            shape >= WireShape.MidB ? BinaryPrimitives.ReadUInt32LittleEndian(body[32..]) : 0);
        return true;
    }

    public int Write(Span<byte> body, WireShape shape)
    {
        int size = SizeIn(shape);
        bool hasChannel = shape >= WireShape.MidA;
        Span<byte> rings = hasChannel ? body[16..] : body[12..];
        BinaryPrimitives.WriteUInt32LittleEndian(body, (uint)size);
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], (uint)Mode);
        BinaryPrimitives.WriteUInt32LittleEndian(body[8..], (uint)Directions);
        if (hasChannel)
            BinaryPrimitives.WriteUInt32LittleEndian(body[12..], (uint)Channel);
        BinaryPrimitives.WriteUInt32LittleEndian(rings, HostToCardRing);
        BinaryPrimitives.WriteUInt32LittleEndian(rings[4..], CardToHostRing);
        BinaryPrimitives.WriteUInt32LittleEndian(rings[8..], CompletionRing);
        BinaryPrimitives.WriteUInt32LittleEndian(rings[12..], QueueId);
        if (shape >= WireShape.MidB)
            BinaryPrimitives.WriteUInt32LittleEndian(body[32..], ApertureSize);
        return size;
    }
}
