using Scatterlist.Vrtd.Emulator;

namespace Scatterlist.Vrtd.Tests;

/// <summary>Sessions and devices, for every profile of the emulated daemon.</summary>
public sealed class SessionTests
{
    [Theory]
    [InlineData(WireProfile.Version1, ShellType.Unknown, DaemonVersion.BelowVersion2)]
    [InlineData(WireProfile.Version2, ShellType.Compute, DaemonVersion.Version2)]
    [InlineData(WireProfile.Hardened, ShellType.Compute, DaemonVersion.Version2)]
    public void A_device_is_described(WireProfile profile, ShellType shell, DaemonVersion version)
    {
        using Emulated emulated = new(profile);
        Device device = emulated.Device;

        Assert.Equal((0, shell, false), (device.Number, device.Shell, device.IsJtagBoot));
        Assert.NotEmpty(device.Name);
        Assert.Equal(2, device.Bdf.Count(character => character == ':'));
        Assert.NotEqual(0, device.VendorId);
        Assert.NotEqual(0, device.DeviceId);
        Assert.Same(emulated.Session, device.Session);
        Assert.Equal(version, emulated.Session.DaemonVersion);
    }

    [Fact]
    public void Devices_are_found_by_number_and_by_pci_address()
    {
        using Emulated emulated = new(options: new EmulatorOptions { DeviceCount = 3 });
        Session session = emulated.Session;

        Assert.Equal(3, session.GetNumDevices());
        IReadOnlyList<Device> devices = session.GetDevices();
        Assert.Equal([0, 1, 2], devices.Select(device => device.Number));
        Assert.Equal(3, devices.Select(device => device.Bdf).Distinct().Count());
        foreach (Device device in devices)
        {
            Assert.Equal(device.Number, session.GetDeviceByBdf(device.Bdf).Number);
            Assert.Equal(device.Number, session.GetDeviceByBdf(device.Bdf + ".1").Number);
            Assert.Equal(device.Number, session.GetDeviceByBdf(device.Bdf["0000:".Length..]).Number);
        }
    }

    [Fact]
    public void What_does_not_exist_is_refused_with_its_code()
    {
        using Emulated emulated = new();
        Session session = emulated.Session;

        VrtdException missing = Assert.Throws<VrtdException>(() => session.GetDevice(7));
        Assert.Equal(VrtdReturnCode.NotExist, missing.ReturnCode);
        Assert.StartsWith("GET_DEVICE_INFO(device 7) failed: the daemon answered NOEXIST (5).", missing.Message,
            StringComparison.Ordinal);
        Assert.Equal(
            VrtdReturnCode.NotExist,
            Assert.Throws<VrtdException>(() => session.GetDeviceByBdf("ffff:ff:1f")).ReturnCode);
        Assert.Throws<ArgumentException>(() => session.GetDeviceByBdf(" "));
        Assert.Throws<ArgumentException>(() => session.GetDeviceByBdf(new string('1', 32)));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.GetDevice(-1));
    }

    [Fact]
    public void A_daemon_at_a_path_is_connected_to()
    {
        using TempDirectory directory = new();
        string path = Path.Combine(directory.Path, "vrtd.sock");
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { SocketPath = path });
        using Session session = Session.Connect(path);

        Assert.Equal(1, session.GetNumDevices());
    }

    [Fact]
    public void A_path_that_is_too_long_is_told_so()
    {
        VrtdConnectionException failure =
            Assert.Throws<VrtdConnectionException>(() => Session.Connect("/" + new string('x', 120)));

        Assert.Equal(Errno.ENAMETOOLONG, failure.Errno);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Session.Connect("/nowhere", new SessionOptions { RequestTimeout = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Session.Connect("/nowhere", new SessionOptions { LongRequestTimeout = TimeSpan.MaxValue }));
    }

    [Theory]
    [InlineData("buffer", "buffer = yes")]
    [InlineData("raw", "raw-mem-access = yes")]
    [InlineData("clock", "clock = yes")]
    [InlineData("qdma", "qdma = yes")]
    [InlineData("bar", "bar-access = full")]
    [InlineData("hotplug", "pcie-hotplug = yes")]
    public void A_missing_permission_is_named(string operation, string permission)
    {
        VrtdConfiguration queryOnly = VrtdConfiguration.Parse("""
            [role:query]
            query-devices = yes
            [user:*]
            role = query
            """);
        using Emulated emulated = new(options: new EmulatorOptions { Configuration = queryOnly });
        Device device = emulated.Device;

        VrtdException refused = Assert.Throws<VrtdException>(() =>
        {
            switch (operation)
            {
                case "buffer":
                    device.OpenDdrBuffer(1);
                    break;
                case "raw":
                    device.OpenRawBuffer(new DeviceAddress(0), 1);
                    break;
                case "clock":
                    device.GetUserClockRate();
                    break;
                case "qdma":
                    device.CreateQdmaQueuePair();
                    break;
                case "bar":
                    device.GetBar(0).OpenFile();
                    break;
                default:
                    device.HotplugRescan();
                    break;
            }
        });

        Assert.Equal(VrtdReturnCode.AuthError, refused.ReturnCode);
        Assert.Contains($"'{permission}'", refused.Remedy, StringComparison.Ordinal);
        Assert.Contains("vrtadmin", refused.Remedy, StringComparison.Ordinal);
        Assert.Equal(1, emulated.Session.GetNumDevices());
    }

    [Fact]
    public void The_dma_engine_is_described()
    {
        using Emulated v1 = new();
        using Emulated v2 = new(WireProfile.Version2);
        using Emulated hardened = new(WireProfile.Hardened);

        Assert.Equal("", v1.Device.GetQdmaInfo().Bdf);
        Assert.StartsWith(v2.Device.Bdf, v2.Device.GetQdmaInfo().Bdf, StringComparison.Ordinal);
        Assert.StartsWith(hardened.Device.Bdf, hardened.Device.GetQdmaInfo().Bdf, StringComparison.Ordinal);
        Assert.NotEqual(0u, v1.Device.GetQdmaInfo().QueueSetsMax);
        Assert.Equal(v1.Device.GetQdmaInfo().QueueSetsMax, hardened.Device.GetQdmaInfo().QueueSetsMax);
    }

    [Theory]
    [InlineData(WireProfile.Version1)]
    [InlineData(WireProfile.Version2)]
    public void A_daemon_that_reads_lengths_exactly_is_understood(WireProfile profile)
    {
        using Emulated emulated = new(
            profile, new EmulatorOptions { ExactShapes = true, RejectEmptyDeviceCount = true });
        using DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        using DeviceBuffer raw = emulated.Device.OpenRawBuffer(buffer.PhysicalAddress, 100);
        using QdmaQueuePair pair = emulated.Device.CreateQdmaQueuePair();
        raw.Write(0, [1, 2]);
        byte[] read = new byte[2];
        buffer.Read(0, read);

        Assert.Equal([1, 2], read);
        Assert.Equal(1, emulated.Session.GetNumDevices());
    }
}
