using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// QDMA_QPAIR_GET_FD: asks for a started queue pair's descriptor. Of the flags only O_CLOEXEC means anything.
/// </summary>
internal readonly record struct QueuePairGetFdRequest(uint Device, uint QueueId, uint Flags)
{
    public const int Size = 12;

    /// <summary>O_CLOEXEC, the same number on every architecture that vrtd runs on.</summary>
    public const uint CloseOnExec = 0x80000;

    public static bool TryParse(ReadOnlySpan<byte> body, out QueuePairGetFdRequest message)
    {
        message = default;
        if (body.Length < Size)
            return false;
        message = new QueuePairGetFdRequest(
            BinaryPrimitives.ReadUInt32LittleEndian(body),
            BinaryPrimitives.ReadUInt32LittleEndian(body[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(body[8..]));
        return true;
    }

    public int Write(Span<byte> body)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(body, Device);
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], QueueId);
        BinaryPrimitives.WriteUInt32LittleEndian(body[8..], Flags);
        return Size;
    }
}
