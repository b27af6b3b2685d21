using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>QDMA_QPAIR_OP: starts, stops or deletes a queue pair.</summary>
internal readonly record struct QueuePairOperationRequest(uint Device, uint QueueId, QueuePairOperation Operation)
{
    public const int Size = 12;

    public static bool TryParse(ReadOnlySpan<byte> body, out QueuePairOperationRequest message)
    {
        message = default;
        if (body.Length < Size)
            return false;
        message = new QueuePairOperationRequest(
            BinaryPrimitives.ReadUInt32LittleEndian(body),
            BinaryPrimitives.ReadUInt32LittleEndian(body[4..]),
            (QueuePairOperation)BinaryPrimitives.ReadUInt32LittleEndian(body[8..]));
        return true;
    }

    public int Write(Span<byte> body)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(body, Device);
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], QueueId);
        BinaryPrimitives.WriteUInt32LittleEndian(body[8..], (uint)Operation);
        return Size;
    }
}
