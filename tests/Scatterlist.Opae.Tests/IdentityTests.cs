using Scatterlist.Opae.Providers;

namespace Scatterlist.Opae.Tests;

public sealed class IdentityTests
{
    [Fact]
    public void A_guid_in_registers_reads_as_its_text()
    {
        // From the register map of HE-LB: the high half is the beginning of the text.
        Guid id = AcceleratorIds.FromRegisters(0xb94b12284c31e02b, 0x56e203e9864f49a7);
        Assert.Equal("56e203e9-864f-49a7-b94b-12284c31e02b", id.ToString());
        Assert.Equal(AcceleratorIds.HostExerciserLoopback, id);
        Assert.Equal((0xf89e433683f9040bul, 0xd8424dc4a4a3c413ul), AcceleratorIds.ToRegisters(AcceleratorIds.NativeLoopback));
    }

    [Fact]
    public void Guids_survive_the_way_to_registers_and_back() => SeededRandom.Run(200, random =>
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        var id = new Guid(bytes);
        (ulong low, ulong high) = AcceleratorIds.ToRegisters(id);
        Assert.Equal(id, AcceleratorIds.FromRegisters(low, high));
        Assert.Equal(id.ToString("N"), $"{high:x16}{low:x16}");
    });

    [Fact]
    public void A_feature_header_has_its_parts_in_their_bits()
    {
        FeatureHeader header = FeatureHeader.Create(
            FeatureType.Private, id: 0x123, revision: 5, nextOffset: 0x4000, isLast: false, version: 1);
        Assert.Equal(0x3010_0000_4000_5123ul, header.Value);
        Assert.Equal(
            (FeatureType.Private, (ushort)0x123, (byte)5, 0x4000u, false, (byte)1),
            (header.Type, header.Id, header.Revision, header.NextOffset, header.IsLast, header.Version));
        Assert.True(new FeatureHeader(0x1000_0100_0000_0000).IsLast);
        Assert.Throws<ArgumentOutOfRangeException>(() => FeatureHeader.Create(FeatureType.Private, id: 0x1000));
        Assert.Throws<ArgumentOutOfRangeException>(() => FeatureHeader.Create(FeatureType.Private, nextOffset: 1 << 24));
    }

    [Fact]
    public void A_list_of_features_is_followed_to_its_end()
    {
        var registers = new Dictionary<ulong, ulong>
        {
            [0] = FeatureHeader.Create(FeatureType.ManagementEngine, nextOffset: 0x1000, isLast: false).Value,
            [8] = 2, [16] = 1,
            [0x1000] = FeatureHeader.Create(FeatureType.Private, id: 7, nextOffset: 0x2000, isLast: false).Value,
            [0x3000] = FeatureHeader.Create(FeatureType.Accelerator).Value,
            [0x3008] = 4, [0x3010] = 3,
        };
        IReadOnlyList<DeviceFeature> features = FeatureList.Read(0x4000, at => registers.GetValueOrDefault(at));
        Assert.Equal([0ul, 0x1000ul, 0x3000ul], features.Select(feature => feature.Offset));
        Assert.Equal(
            [AcceleratorIds.FromRegisters(2, 1), null, AcceleratorIds.FromRegisters(4, 3)],
            features.Select(feature => feature.Id));
    }

    [Fact]
    public void A_list_that_makes_no_sense_ends_inside_of_its_region() => SeededRandom.Run(300, random =>
    {
        // Registers of random bits, biased to look like headers that go on.
        ulong length = (ulong)random.Next(0, 0x2000);
        int reads = 0;
        IReadOnlyList<DeviceFeature> features = FeatureList.Read(length, at =>
        {
            reads++;
            Assert.True(at + 8 <= length, $"0x{at:x} is outside of {length} bytes");
            return ((ulong)random.NextInt64() & ~(1ul << 40) & ~(0xffff00ul << 16) & ~(7ul << 16)) | (1ul << 60);
        });
        Assert.True(features.Count <= FeatureList.MaxFeatures);
        Assert.True(reads <= FeatureList.MaxFeatures * 3);
    });

    [Theory]
    [InlineData("0000:03:00.0", 0, 3, 0, 0)]
    [InlineData("0001:ff:1f.7", 1, 0xff, 0x1f, 7)]
    public void Pci_addresses_are_read(string text, int segment, int bus, int device, int function)
    {
        Assert.True(SystemDevices.TryParseAddress(text, out FpgaProperties? address));
        Assert.Equal(
            ((ushort?)segment, (byte?)bus, (byte?)device, (byte?)function),
            (address!.Segment, address.Bus, address.Device, address.Function));
        Assert.Equal((((ulong)segment << 16) | ((uint)bus << 8) | ((uint)device << 3) | (uint)function) << 32, address.ObjectId);
    }

    [Theory]
    [InlineData("new_id")]
    [InlineData("bind")]
    [InlineData("module")]
    [InlineData("0000:03:20.0")]
    [InlineData("0000:03:00.8")]
    [InlineData("00000:3:00.0.1")]
    [InlineData("0000:xy:00.0")]
    public void Other_files_of_the_driver_are_no_devices(string text) =>
        Assert.False(SystemDevices.TryParseAddress(text, out _));

    [Fact]
    public void Devices_of_the_driver_are_found_with_their_ids()
    {
        using var folder = new TempDirectory();
        Directory.CreateDirectory(folder["0000:03:00.0"]);
        File.WriteAllText(Path.Combine(folder["0000:03:00.0"], "vendor"), "0x8086\n");
        File.WriteAllText(Path.Combine(folder["0000:03:00.0"], "device"), "0xbccf\n");
        File.WriteAllText(Path.Combine(folder["0000:03:00.0"], "numa_node"), "-1\n");
        File.WriteAllText(folder["bind"], "");
        DeviceCandidate found = Assert.Single(SystemDevices.Find(folder.Path));
        Assert.Equal("0000:03:00.0", found.Name);
        Assert.Equal(((ushort?)0x8086, (ushort?)0xbccf), (found.Known.VendorId, found.Known.DeviceId));
        Assert.Null(found.Known.SocketId);
        Assert.Null(found.Known.SubsystemDeviceId);
        Assert.Empty(SystemDevices.Find(folder["absent"]));
    }
}
