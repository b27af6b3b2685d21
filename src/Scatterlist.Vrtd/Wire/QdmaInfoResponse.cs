using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// The reply of QDMA_GET_INFO. Version 2 adds the BDF of the DMA function, after the counters or, from hardened
/// daemons, before them: a reader looks which of the two places holds a text.
/// </summary>
internal readonly record struct QdmaInfoResponse(
    uint QueueSetsMax,
    uint InterruptVectors,
    uint VirtualFunctionsMax,
    uint Capabilities,
    string Bdf)
{
    private const int BdfLength = 32;
    private const int ShortSize = 20;
    private const int LongSize = 52;

    public static int SizeIn(WireShape shape) => shape >= WireShape.V2 ? LongSize : ShortSize;

    public static bool TryParse(ReadOnlySpan<byte> body, out QdmaInfoResponse message)
    {
        message = default;
        if (body.Length < ShortSize)
            return false;
        bool hasBdf = body.Length >= LongSize;
        bool bdfFirst = hasBdf && IsText(body.Slice(4, BdfLength));
        ReadOnlySpan<byte> counters = bdfFirst ? body[36..] : body[4..];
        ReadOnlySpan<byte> bdf = !hasBdf ? [] : bdfFirst ? body.Slice(4, BdfLength) : body.Slice(20, BdfLength);
        message = new QdmaInfoResponse(
            BinaryPrimitives.ReadUInt32LittleEndian(counters),
            BinaryPrimitives.ReadUInt32LittleEndian(counters[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(counters[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(counters[12..]),
            FixedText.Read(bdf));
        return true;
    }

    public int Write(Span<byte> body, WireShape shape, bool bdfFirst = false)
    {
        int size = SizeIn(shape);
        bool hasBdf = size == LongSize;
        BinaryPrimitives.WriteUInt32LittleEndian(body, (uint)size);
        Span<byte> counters = hasBdf && bdfFirst ? body[36..] : body[4..];
        BinaryPrimitives.WriteUInt32LittleEndian(counters, QueueSetsMax);
        BinaryPrimitives.WriteUInt32LittleEndian(counters[4..], InterruptVectors);
        BinaryPrimitives.WriteUInt32LittleEndian(counters[8..], VirtualFunctionsMax);
        BinaryPrimitives.WriteUInt32LittleEndian(counters[12..], Capabilities);
        if (hasBdf)
            FixedText.Write(body.Slice(bdfFirst ? 4 : 20, BdfLength), Bdf);
        return size;
    }

    // A counter would have to be a number of four printable bytes with a NUL soon after: no real count is.
    private static bool IsText(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end > 3 && !field[..end].ContainsAnyExceptInRange((byte)0x21, (byte)0x7E);
    }
}
