using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// DESIGN_WRITE, with the design's descriptor attached. Version 2 adds the shell that the design needs.
/// </summary>
internal readonly record struct DesignWriteRequest(uint Device, ShellType RequiredShell)
{
    private const int ShortSize = 4;
    private const int LongSize = 5;

    public static int SizeIn(WireShape shape) => shape >= WireShape.V2 ? LongSize : ShortSize;

    public static bool TryShapeOf(int length, out WireShape shape)
    {
        shape = length >= LongSize ? WireShape.V2 : WireShape.V1;
        return length >= ShortSize;
    }

    public static bool TryParse(ReadOnlySpan<byte> body, WireShape shape, out DesignWriteRequest message)
    {
        message = default;
        if (body.Length < SizeIn(shape))
            return false;
        message = new DesignWriteRequest(
            BinaryPrimitives.ReadUInt32LittleEndian(body),
            shape >= WireShape.V2 ? (ShellType)body[4] : ShellType.Unknown);
        return true;
    }

    public int Write(Span<byte> body, WireShape shape)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(body, Device);
        if (shape >= WireShape.V2)
            body[4] = (byte)RequiredShell;
        return SizeIn(shape);
    }
}
