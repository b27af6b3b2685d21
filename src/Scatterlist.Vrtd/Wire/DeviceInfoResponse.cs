using System.Buffers.Binary;

namespace Scatterlist.Vrtd.Wire;

/// <summary>
/// The reply of GET_DEVICE_INFO. Version 2 appends the shell and the JTAG flag; a shorter reply leaves them
/// unknown and false. Its length is the one hint at a daemon's version.
/// </summary>
internal readonly record struct DeviceInfoResponse(
    string Name,
    string Bdf,
    ushort VendorId,
    ushort DeviceId,
    ushort SubsystemVendorId,
    ushort SubsystemDeviceId,
    ShellType Shell,
    bool IsJtagBoot)
{
    private const int NameLength = 128;
    private const int BdfLength = 32;
    private const int ShortSize = 168;
    private const int LongSize = 170;

    public static int SizeIn(WireShape shape) => shape >= WireShape.V2 ? LongSize : ShortSize;

    /// <summary>The shape that a reply of this length has.</summary>
    public static WireShape ShapeOf(int length) => length >= LongSize ? WireShape.V2 : WireShape.V1;

    public static bool TryParse(ReadOnlySpan<byte> body, out DeviceInfoResponse message)
    {
        message = default;
        if (body.Length < ShortSize)
            return false;
        bool isLong = body.Length >= LongSize;
        message = new DeviceInfoResponse(
            FixedText.Read(body[..NameLength]),
            FixedText.Read(body.Slice(NameLength, BdfLength)),
            BinaryPrimitives.ReadUInt16LittleEndian(body[160..]),
            BinaryPrimitives.ReadUInt16LittleEndian(body[162..]),
            BinaryPrimitives.ReadUInt16LittleEndian(body[164..]),
            BinaryPrimitives.ReadUInt16LittleEndian(body[166..]),
            isLong ? (ShellType)body[168] : ShellType.Unknown,
            isLong && body[169] != 0);
        return true;
    }

    public int Write(Span<byte> body, WireShape shape)
    {
        FixedText.Write(body[..NameLength], Name);
        FixedText.Write(body.Slice(NameLength, BdfLength), Bdf);
        BinaryPrimitives.WriteUInt16LittleEndian(body[160..], VendorId);
        BinaryPrimitives.WriteUInt16LittleEndian(body[162..], DeviceId);
        BinaryPrimitives.WriteUInt16LittleEndian(body[164..], SubsystemVendorId);
        BinaryPrimitives.WriteUInt16LittleEndian(body[166..], SubsystemDeviceId);
        if (shape >= WireShape.V2)
        {
            body[168] = (byte)Shell;
            body[169] = IsJtagBoot ? (byte)1 : (byte)0;
        }

        return SizeIn(shape);
    }
}
