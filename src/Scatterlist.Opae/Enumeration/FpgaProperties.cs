namespace Scatterlist.Opae;

/// <summary>
/// What is known of an object, and, given to an enumeration, what it must be like (<c>fpga_properties</c>). A property
/// that is null is not known, or not asked for. Immutable.
/// </summary>
public sealed record FpgaProperties
{
    /// <summary>The object that this one belongs to.</summary>
    public Token? Parent { get; init; }

    /// <summary>Device or accelerator.</summary>
    public FpgaObjectType? ObjectType { get; init; }

    /// <summary>The PCI segment (domain).</summary>
    public ushort? Segment { get; init; }

    /// <summary>The PCI bus.</summary>
    public byte? Bus { get; init; }

    /// <summary>The PCI device, 0 to 31.</summary>
    public byte? Device { get; init; }

    /// <summary>The PCI function, 0 to 7.</summary>
    public byte? Function { get; init; }

    /// <summary>The processor socket that the FPGA is attached to.</summary>
    public byte? SocketId { get; init; }

    /// <summary>The PCI vendor.</summary>
    public ushort? VendorId { get; init; }

    /// <summary>The PCI device id.</summary>
    public ushort? DeviceId { get; init; }

    /// <summary>The PCI subsystem's vendor.</summary>
    public ushort? SubsystemVendorId { get; init; }

    /// <summary>The PCI subsystem's device id.</summary>
    public ushort? SubsystemDeviceId { get; init; }

    /// <summary>The accelerator's GUID, or the FPGA's interface GUID.</summary>
    public Guid? Guid { get; init; }

    /// <summary>A number that tells objects of one host apart.</summary>
    public ulong? ObjectId { get; init; }

    /// <summary>Error registers that the object has.</summary>
    public uint? ErrorCount { get; init; }

    /// <summary>How the object is reached.</summary>
    public FpgaInterface? Interface { get; init; }

    /// <summary>Accelerators: whether somebody has it open.</summary>
    public AcceleratorState? State { get; init; }

    /// <summary>Accelerators: regions of registers.</summary>
    public uint? MmioCount { get; init; }

    /// <summary>Accelerators: interrupt vectors that events can be registered for.</summary>
    public uint? InterruptCount { get; init; }

    /// <summary>Devices: slots for accelerators.</summary>
    public uint? SlotCount { get; init; }

    /// <summary>Devices: the id of the static bitstream.</summary>
    public ulong? BitstreamId { get; init; }

    /// <summary>Devices: the version of the static bitstream.</summary>
    public FpgaVersion? BitstreamVersion { get; init; }

    /// <summary>Whether an object is like these properties: every one that is set here is known there and equal.</summary>
    /// <param name="actual">The object's properties.</param>
    public bool Matches(FpgaProperties actual)
    {
        ArgumentNullException.ThrowIfNull(actual);
        return (Parent is null || (actual.Parent is { } parent && parent.IsSameObject(Parent)))
            && Is(ObjectType, actual.ObjectType)
            && Is(Segment, actual.Segment)
            && Is(Bus, actual.Bus)
            && Is(Device, actual.Device)
            && Is(Function, actual.Function)
            && Is(SocketId, actual.SocketId)
            && Is(VendorId, actual.VendorId)
            && Is(DeviceId, actual.DeviceId)
            && Is(SubsystemVendorId, actual.SubsystemVendorId)
            && Is(SubsystemDeviceId, actual.SubsystemDeviceId)
            && Is(Guid, actual.Guid)
            && Is(ObjectId, actual.ObjectId)
            && Is(ErrorCount, actual.ErrorCount)
            && Is(Interface, actual.Interface)
            && Is(State, actual.State)
            && Is(MmioCount, actual.MmioCount)
            && Is(InterruptCount, actual.InterruptCount)
            && Is(SlotCount, actual.SlotCount)
            && Is(BitstreamId, actual.BitstreamId)
            && Is(BitstreamVersion, actual.BitstreamVersion);
    }

    private static bool Is<T>(T? wanted, T? actual)
        where T : struct, IEquatable<T> => wanted is not { } value || (actual is { } other && value.Equals(other));

    private static bool Is(FpgaObjectType? wanted, FpgaObjectType? actual) => wanted is null || wanted == actual;

    private static bool Is(FpgaInterface? wanted, FpgaInterface? actual) => wanted is null || wanted == actual;

    private static bool Is(AcceleratorState? wanted, AcceleratorState? actual) => wanted is null || wanted == actual;
}
