using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>CFGMEM_PROGRAM and CFGMEM_PROGRAM_START, with the image's descriptor attached.</summary>
internal readonly record struct CfgmemProgramRequest(uint Device, byte BootDevice, uint Partition)
{
    public const int Size = 12;

    public static bool TryParse(ReadOnlySpan<byte> body, out CfgmemProgramRequest message)
    {
        message = default;
        if (body.Length < Size)
            return false;
        message = new CfgmemProgramRequest(
            BinaryPrimitives.ReadUInt32LittleEndian(body),
            body[4],
            BinaryPrimitives.ReadUInt32LittleEndian(body[8..]));
        return true;
    }

    public int Write(Span<byte> body)
    {
        body[5..8].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(body, Device);
        body[4] = BootDevice;
        BinaryPrimitives.WriteUInt32LittleEndian(body[8..], Partition);
        return Size;
    }
}
