namespace Scatterlist.Opae.Tests;

public sealed class PropertiesTests
{
    private static readonly FpgaProperties Whole = new()
    {
        ObjectType = FpgaObjectType.Accelerator, Segment = 1, Bus = 2, Device = 3, Function = 4, SocketId = 5,
        VendorId = 6, DeviceId = 7, SubsystemVendorId = 8, SubsystemDeviceId = 9, Guid = AcceleratorIds.NativeLoopback,
        ObjectId = 10, ErrorCount = 11, Interface = FpgaInterface.Vfio, State = AcceleratorState.Unassigned,
        MmioCount = 12, InterruptCount = 13, SlotCount = 14, BitstreamId = 15, BitstreamVersion = new FpgaVersion(1, 2, 3),
    };

    public static TheoryData<string> Names => [.. Variants.Keys];

    // Each filter alone, and one that differs in it.
    private static Dictionary<string, (FpgaProperties Same, FpgaProperties Other)> Variants => new()
    {
        ["type"] = (new() { ObjectType = Whole.ObjectType }, new() { ObjectType = FpgaObjectType.Device }),
        ["segment"] = (new() { Segment = 1 }, new() { Segment = 0 }),
        ["bus"] = (new() { Bus = 2 }, new() { Bus = 0 }),
        ["device"] = (new() { Device = 3 }, new() { Device = 0 }),
        ["function"] = (new() { Function = 4 }, new() { Function = 0 }),
        ["socket"] = (new() { SocketId = 5 }, new() { SocketId = 0 }),
        ["vendor"] = (new() { VendorId = 6 }, new() { VendorId = 0 }),
        ["device id"] = (new() { DeviceId = 7 }, new() { DeviceId = 0 }),
        ["subvendor"] = (new() { SubsystemVendorId = 8 }, new() { SubsystemVendorId = 0 }),
        ["subdevice"] = (new() { SubsystemDeviceId = 9 }, new() { SubsystemDeviceId = 0 }),
        ["guid"] = (new() { Guid = Whole.Guid }, new() { Guid = default(Guid) }),
        ["object id"] = (new() { ObjectId = 10 }, new() { ObjectId = 0 }),
        ["errors"] = (new() { ErrorCount = 11 }, new() { ErrorCount = 0 }),
        ["interface"] = (new() { Interface = FpgaInterface.Vfio }, new() { Interface = FpgaInterface.Dfl }),
        ["state"] = (new() { State = AcceleratorState.Unassigned }, new() { State = AcceleratorState.Assigned }),
        ["mmio"] = (new() { MmioCount = 12 }, new() { MmioCount = 0 }),
        ["interrupts"] = (new() { InterruptCount = 13 }, new() { InterruptCount = 0 }),
        ["slots"] = (new() { SlotCount = 14 }, new() { SlotCount = 0 }),
        ["bitstream"] = (new() { BitstreamId = 15 }, new() { BitstreamId = 0 }),
        ["version"] = (new() { BitstreamVersion = new(1, 2, 3) }, new() { BitstreamVersion = new(1, 2, 4) }),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_property_that_is_set_must_be_known_and_equal(string name)
    {
        (FpgaProperties same, FpgaProperties other) = Variants[name];
        Assert.True(same.Matches(Whole));
        Assert.False(other.Matches(Whole));
        Assert.False(same.Matches(new FpgaProperties()));
    }

    [Fact]
    public void Nothing_set_matches_everything_and_all_set_matches_itself()
    {
        Assert.True(new FpgaProperties().Matches(Whole));
        Assert.True(Whole.Matches(Whole));
        Assert.False((Whole with { Bus = 9 }).Matches(Whole));
        Assert.Equal("1.2.3", Whole.BitstreamVersion.ToString());
    }
}
