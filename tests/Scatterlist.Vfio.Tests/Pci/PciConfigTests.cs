namespace Scatterlist.Vfio.Tests.Pci;

/// <summary>The config space as a driver finds it.</summary>
public sealed class PciConfigTests
{
    [Fact]
    public void The_header_says_who_the_device_is()
    {
        using var setup = new DeviceSetup(overSocket: true);
        IVfioDevice device = setup.Device;
        Assert.Equal(0x56781234u, PciConfig.Read32(device, 0));
        Assert.Equal(0x12000107u, PciConfig.Read32(device, 8));
        Assert.Equal(0xef01abcdu, PciConfig.Read32(device, 0x2c));
        Assert.Equal(1, PciConfig.Read16(device, 0x3c) >> 8);
    }

    [Fact]
    public void Ids_cannot_be_written()
    {
        using var setup = new DeviceSetup(overSocket: false);
        PciConfig.Write32(setup.Device, 0, uint.MaxValue);
        PciConfig.Write32(setup.Device, 8, uint.MaxValue);
        Assert.Equal(0x56781234u, PciConfig.Read32(setup.Device, 0));
        Assert.Equal(0x12000107u, PciConfig.Read32(setup.Device, 8));
    }

    [Theory]
    [InlineData(0x10, 0xfffff000u)] // 4 KiB, 32 bits
    [InlineData(0x14, 0u)] // none
    [InlineData(0x18, 0xffff000cu)] // 64 KiB, 64 bits, prefetchable
    [InlineData(0x1c, 0xffffffffu)] // its upper half
    [InlineData(0x20, 0xffffe000u)] // the MSI-X table and its pending bits
    [InlineData(0x30, 0u)] // no ROM
    public void A_BAR_tells_its_size_when_all_ones_are_written(ulong register, uint expected)
    {
        using var setup = new DeviceSetup(overSocket: false);
        uint before = PciConfig.Read32(setup.Device, register);
        PciConfig.Write32(setup.Device, register, uint.MaxValue);
        Assert.Equal(expected, PciConfig.Read32(setup.Device, register));
        PciConfig.Write32(setup.Device, register, 0xfeb00000 | before);
        Assert.Equal((0xfeb00000 & expected) | before, PciConfig.Read32(setup.Device, register));
    }

    [Fact]
    public void The_command_register_switches_memory_and_bus_mastering()
    {
        using var setup = new DeviceSetup(overSocket: false);
        Assert.False(setup.Card.Config.IsBusMaster);
        PciConfig.Enable(setup.Device);
        Assert.True(setup.Card.Config.IsBusMaster);
        Assert.True(setup.Card.Config.IsMemoryEnabled);
        PciConfig.Write16(setup.Device, 4, 0xffff);
        Assert.Equal(0x0547, PciConfig.Read16(setup.Device, 4));
    }

    [Fact]
    public void Capabilities_are_found_and_there_is_an_end_to_them()
    {
        using var setup = new DeviceSetup(overSocket: false);
        IVfioDevice device = setup.Device;
        byte express = PciConfig.FindCapability(device, 0x10)!.Value;
        byte msi = PciConfig.FindCapability(device, 0x05)!.Value;
        byte msix = PciConfig.FindCapability(device, 0x11)!.Value;
        Assert.Null(PciConfig.FindCapability(device, 0x01));
        Assert.Equal(2, PciConfig.Read16(device, express + 2u));
        Assert.Equal(0x10008000u, PciConfig.Read32(device, express + 4u));
        Assert.Equal(0x84, PciConfig.Read16(device, msi + 2u)); // 64 bits, four vectors
        Assert.Equal(7, PciConfig.Read16(device, msix + 2u)); // eight vectors
        Assert.Equal(4u, PciConfig.Read32(device, msix + 4u)); // at the start of BAR 4
        Assert.Equal(0x1004u, PciConfig.Read32(device, msix + 8u));
    }

    [Fact]
    public void The_MSI_X_table_is_memory_and_starts_masked()
    {
        using var setup = new DeviceSetup(overSocket: false);
        var entry = new byte[16];
        Assert.Equal(Errno.None, setup.Device.ReadRegion(4, 7 * 16, entry));
        Assert.Equal(1, entry[12]);
        entry.AsSpan().Fill(0x5a);
        Assert.Equal(Errno.None, setup.Device.WriteRegion(4, 7 * 16, entry));
        var seen = new byte[16];
        Assert.Equal(Errno.None, setup.Device.ReadRegion(4, 7 * 16, seen));
        Assert.Equal(entry, seen);
        Assert.Equal(Errno.None, setup.Device.ReadRegion(4, (7 * 16) + 8, seen)); // half behind the table
        Assert.Equal((0x5a, 0), (seen[7], seen[8]));
        Assert.Equal(Errno.None, setup.Device.ReadRegion(4, 0x1000, seen)); // pending bits
        Assert.All(seen, value => Assert.Equal(0, value));
        setup.Device.Reset();
        Assert.Equal(Errno.None, setup.Device.ReadRegion(4, 7 * 16, seen));
        Assert.Equal(1, seen[12]);
    }

    [Fact]
    public void A_function_level_reset_resets_the_device_and_reads_as_zero()
    {
        using var setup = new DeviceSetup(overSocket: true);
        IVfioDevice device = setup.Device;
        PciConfig.Enable(device);
        setup.Write64(TestCard.Scratch, 1);
        byte express = PciConfig.FindCapability(device, 0x10)!.Value;
        PciConfig.Write16(device, express + 8u, (ushort)(PciConfig.Read16(device, express + 8u) | 0x8000));
        Assert.Equal(1, setup.Card.Resets);
        Assert.Equal(0u, setup.Read64(TestCard.Scratch));
        Assert.False(setup.Card.Config.IsBusMaster);
        Assert.Equal(0, PciConfig.Read16(device, express + 8u) & 0x8000);
    }

    [Fact]
    public void A_conventional_device_has_256_bytes_and_no_PCI_Express()
    {
        using var card = new TestCard(isExpress: false);
        using InProcessDevice device = InProcessDevice.Open(card);
        Assert.Equal(256u, device.Regions[PciRegion.Config].Size);
        Assert.Null(PciConfig.FindCapability(device, 0x10));
        Assert.NotNull(PciConfig.FindCapability(device, 0x11));
        Assert.Equal(
            Errno.EINVAL, Assert.Throws<VfioException>(() => PciConfig.Read16(device, 0x100)).Errno);
    }

    [Fact]
    public void Descriptions_that_no_PCI_device_can_have_are_refused()
    {
        PciDeviceDescription good = new() { VendorId = 1, DeviceId = 2 };
        Assert.Throws<ArgumentException>(() => new Bare(good with { Bars = [new PciBar(0, 100)] }));
        Assert.Throws<ArgumentException>(() => new Bare(good with { Bars = [new PciBar(6, 4096)] }));
        Assert.Throws<ArgumentException>(
            () => new Bare(good with { Bars = [new PciBar(5, 4096) { Is64Bit = true }] }));
        Assert.Throws<ArgumentException>(
            () => new Bare(good with { Bars = [new PciBar(0, 4096) { Is64Bit = true }, new PciBar(1, 4096)] }));
        Assert.Throws<ArgumentException>(
            () => new Bare(good with { MsiXVectors = 4, Bars = [new PciBar(4, 4096)] }));
        Assert.Throws<ArgumentException>(() => new Bare(good with { MsiXVectors = 2049 }));
        Assert.Throws<ArgumentException>(() => new Bare(good with { MsiVectors = 3 }));
        Assert.Throws<ArgumentException>(() => new Bare(good with { ClassCode = 0x1000000 }));
        using var bare = new Bare(good with { Bars = [new PciBar(0, 1ul << 40) { Is64Bit = true }] });
    }

    private sealed class Bare(PciDeviceDescription description) : PciDeviceModel(description)
    {
        protected override Errno ReadBar(int bar, ulong offset, Span<byte> destination) => Errno.EIO;

        protected override Errno WriteBar(int bar, ulong offset, ReadOnlySpan<byte> source) => Errno.EIO;
    }
}
