using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// BUFFER_CLOSE: frees the buffer at an address; the size is the allocated one, from the reply of BUFFER_OPEN.
/// </summary>
internal readonly record struct BufferCloseRequest(uint Device, ulong PhysicalAddress, ulong AllocatedSize)
{
    public const int Size = 20;

    public static bool TryParse(ReadOnlySpan<byte> body, out BufferCloseRequest message)
    {
        message = default;
        if (body.Length < Size)
            return false;
        message = new BufferCloseRequest(
            BinaryPrimitives.ReadUInt32LittleEndian(body),
            BinaryPrimitives.ReadUInt64LittleEndian(body[4..]),
            BinaryPrimitives.ReadUInt64LittleEndian(body[12..]));
        return true;
    }

    public int Write(Span<byte> body)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(body, Device);
        BinaryPrimitives.WriteUInt64LittleEndian(body[4..], PhysicalAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(body[12..], AllocatedSize);
        return Size;
    }
}
