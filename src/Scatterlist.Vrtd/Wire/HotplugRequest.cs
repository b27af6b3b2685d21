using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>DEVICE_HOTPLUG_OP. Version 2 adds the shell to boot, which only the reset sequence reads.</summary>
internal readonly record struct HotplugRequest(uint Device, HotplugOperation Operation, byte Function, ShellType Shell)
{
    /// <summary>All functions at once (version 2).</summary>
    public const byte AllFunctions = 255;

    private const int ShortSize = 6;
    private const int LongSize = 7;

    public static int SizeIn(WireShape shape) => shape >= WireShape.V2 ? LongSize : ShortSize;

    public static bool TryShapeOf(int length, out WireShape shape)
    {
        shape = length >= LongSize ? WireShape.V2 : WireShape.V1;
        return length >= ShortSize;
    }

    public static bool TryParse(ReadOnlySpan<byte> body, WireShape shape, out HotplugRequest message)
    {
        message = default;
        if (body.Length < SizeIn(shape))
            return false;
        message = new HotplugRequest(
            BinaryPrimitives.ReadUInt32LittleEndian(body),
            (HotplugOperation)body[4],
            body[5],
            shape >= WireShape.V2 ? (ShellType)body[6] : ShellType.Unknown);
        return true;
    }

    public int Write(Span<byte> body, WireShape shape)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(body, Device);
        body[4] = (byte)Operation;
        body[5] = Function;
        if (shape >= WireShape.V2)
            body[6] = (byte)Shell;
        return SizeIn(shape);
    }
}
