using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// SET_SHELL_STATE: tells the daemon which shell a device runs and whether JTAG booted it (version 2).
/// </summary>
internal readonly record struct ShellStateRequest(uint Device, ShellType Shell, bool IsJtagBoot)
{
    public const int Size = 6;

    public static bool TryParse(ReadOnlySpan<byte> body, out ShellStateRequest message)
    {
        message = default;
        if (body.Length < Size)
            return false;
        message = new ShellStateRequest(
            BinaryPrimitives.ReadUInt32LittleEndian(body), (ShellType)body[4], body[5] != 0);
        return true;
    }

    public int Write(Span<byte> body)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(body, Device);
        body[4] = (byte)Shell;
        body[5] = IsJtagBoot ? (byte)1 : (byte)0;
        return Size;
    }
}
