using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>QDMA_QPAIR_ADD: the device, then the queue pair's structure. The reply is the structure alone.</summary>
internal readonly record struct QueuePairAddRequest(uint Device, QueuePairConfig Config)
{
    private const int DeviceSize = 4;

    public static int SizeIn(WireShape shape) => DeviceSize + QueuePairConfig.SizeIn(shape);

    /// <summary>The shape that a request of this length has; false when it is too short for any.</summary>
    public static bool TryShapeOf(int length, out WireShape shape) =>
        QueuePairConfig.TryShapeOf(length - DeviceSize, out shape);

    public static bool TryParse(ReadOnlySpan<byte> body, WireShape shape, out QueuePairAddRequest message)
    {
        message = default;
        if (body.Length < SizeIn(shape))
            return false;
        if (!QueuePairConfig.TryParse(body[DeviceSize..], shape, out QueuePairConfig config))
            return false;
        message = new QueuePairAddRequest(BinaryPrimitives.ReadUInt32LittleEndian(body), config);
        return true;
    }

    public int Write(Span<byte> body, WireShape shape)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(body, Device);
        return DeviceSize + Config.Write(body[DeviceSize..], shape);
    }
}
