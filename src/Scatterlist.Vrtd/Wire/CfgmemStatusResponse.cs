using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// The reply of CFGMEM_PROGRAM_STATUS: how far a job is. The result counts once the state is done or failed.
/// </summary>
internal readonly record struct CfgmemStatusResponse(
    ulong Job,
    CfgmemJobState State,
    CfgmemJobPhase Phase,
    ulong BytesWritten,
    ulong BytesTotal,
    ulong ElapsedMilliseconds,
    VrtdReturnCode Result)
{
    public const int Size = 42;

    public static bool TryParse(ReadOnlySpan<byte> body, out CfgmemStatusResponse message)
    {
        message = default;
        if (body.Length < Size)
            return false;
        message = new CfgmemStatusResponse(
            BinaryPrimitives.ReadUInt64LittleEndian(body),
            (CfgmemJobState)BinaryPrimitives.ReadUInt32LittleEndian(body[8..]),
            (CfgmemJobPhase)BinaryPrimitives.ReadUInt32LittleEndian(body[12..]),
            BinaryPrimitives.ReadUInt64LittleEndian(body[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(body[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(body[32..]),
            (VrtdReturnCode)BinaryPrimitives.ReadUInt16LittleEndian(body[40..]));
        return true;
    }

    public int Write(Span<byte> body)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(body, Job);
        BinaryPrimitives.WriteUInt32LittleEndian(body[8..], (uint)State);
        BinaryPrimitives.WriteUInt32LittleEndian(body[12..], (uint)Phase);
        BinaryPrimitives.WriteUInt64LittleEndian(body[16..], BytesWritten);
        BinaryPrimitives.WriteUInt64LittleEndian(body[24..], BytesTotal);
        BinaryPrimitives.WriteUInt64LittleEndian(body[32..], ElapsedMilliseconds);
        BinaryPrimitives.WriteUInt16LittleEndian(body[40..], (ushort)Result);
        return Size;
    }
}
