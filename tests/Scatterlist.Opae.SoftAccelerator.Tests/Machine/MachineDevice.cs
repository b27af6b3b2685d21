namespace Scatterlist.Opae.SoftAccelerator.Tests.Machine;

/// <summary>A PCI device of this machine that the tests may have: tests/guest/run says which.</summary>
internal sealed class MachineDevice
{
    internal const string Devices = "/sys/bus/pci/devices";
    private static readonly List<MachineDevice> All = Find();

    private bool _isTaken;

    private MachineDevice(string address, bool isEdu)
    {
        Address = address;
        IsEdu = isEdu;
        string[] members = [.. Directory.EnumerateFileSystemEntries($"{Devices}/{address}/iommu_group/devices/")
            .Select(path => Path.GetFileName(path))];
        Strangers = [.. members.Where(member => DriverOf(member) is not (null or "vfio-pci" or "pcieport"))];
        HasReset = File.Exists($"{Devices}/{address}/reset_method");
    }

    internal string Address { get; }

    internal bool IsEdu { get; }

    /// <summary>Devices of its group that another driver has.</summary>
    internal IReadOnlyList<string> Strangers { get; }

    internal bool HasReset { get; }

    /// <summary>Skips the test where there is none.</summary>
    internal static MachineDevice TakeFree() => Take(device => device.Strangers.Count == 0, "free");

    internal static MachineDevice Take(Func<MachineDevice, bool> which, string kind)
    {
        if (All.Count == 0)
            Assert.Skip("machine: no device that tests may have on vfio-pci (run in the guest, tests/guest/run)");
        lock (All)
        {
            MachineDevice? found = All.Find(device => !device._isTaken && which(device));
            if (found is null)
                Assert.Skip($"machine: no {kind} device on vfio-pci");
            found._isTaken = true;
            return found;
        }
    }

    internal void Give()
    {
        lock (All)
            _isTaken = false;
    }

    internal static string? DriverOf(string address) =>
        new DirectoryInfo($"{Devices}/{address}/driver").LinkTarget is { } target ? Path.GetFileName(target) : null;

    private static List<MachineDevice> Find()
    {
        List<MachineDevice> found = [];
        if (Environment.GetEnvironmentVariable("EDU_ADDRESS") is { Length: > 0 })
        {
            found.AddRange(Directory.EnumerateFileSystemEntries("/sys/bus/pci/drivers/vfio-pci")
                .Select(path => Path.GetFileName(path)).Where(name => File.Exists($"{Devices}/{name}/vendor"))
                .Where(name => File.ReadAllText($"{Devices}/{name}/vendor").Trim() == "0x1234").Order()
                .Select(name => new MachineDevice(name, isEdu: true)));
        }

        if (Environment.GetEnvironmentVariable("SOCKET_ADDRESS") is { Length: > 0 } address)
            found.Add(new MachineDevice(address, isEdu: false));
        return found;
    }
}
