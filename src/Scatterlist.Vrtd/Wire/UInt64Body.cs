using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// A body of one 64-bit number: the reply of GET_BAR_FD (length in bytes) and CFGMEM_PROGRAM_START (job), the request
/// of CFGMEM_PROGRAM_STATUS (job).
/// </summary>
internal readonly record struct UInt64Body(ulong Value)
{
    public const int Size = 8;

    public static bool TryParse(ReadOnlySpan<byte> body, out UInt64Body message)
    {
        message = default;
        if (body.Length < Size)
            return false;
        message = new UInt64Body(BinaryPrimitives.ReadUInt64LittleEndian(body));
        return true;
    }

    public int Write(Span<byte> body)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(body, Value);
        return Size;
    }
}
