using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// The reply of BUFFER_OPEN_RAW, with the queue's descriptor attached: a placeholder byte in version 1, afterwards
/// how many queue pairs the descriptor drives.
/// </summary>
internal readonly record struct BufferOpenRawResponse(uint QueuePairCount)
{
    private const int LongSize = 4;

    public static int SizeIn(WireShape shape) => shape >= WireShape.MidA ? LongSize : PlaceholderBody.Size;

    public static bool TryParse(ReadOnlySpan<byte> body, out BufferOpenRawResponse message)
    {
        message = default;
        if (body.Length < PlaceholderBody.Size)
            return false;
        message = new BufferOpenRawResponse(
            body.Length >= LongSize ? BinaryPrimitives.ReadUInt32LittleEndian(body) : 1);
        return true;
    }

    public int Write(Span<byte> body, WireShape shape)
    {
        if (shape < WireShape.MidA)
            return PlaceholderBody.Write(body);
        BinaryPrimitives.WriteUInt32LittleEndian(body, QueuePairCount);
        return LongSize;
    }
}
