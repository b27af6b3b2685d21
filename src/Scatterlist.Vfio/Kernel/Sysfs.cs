using System.Text.RegularExpressions;

namespace Scatterlist.Vfio;

/// <summary>What sysfs says about PCI devices, their drivers and their IOMMU groups.</summary>
internal static partial class Sysfs
{
    private const string Devices = "/sys/bus/pci/devices";

    /// <summary>Whether a text is a PCI address with its domain: <c>0000:01:00.0</c>.</summary>
    internal static bool IsAddress(string text) => Address().IsMatch(text);

    internal static string DriverOf(string address) =>
        Path.GetFileName(new DirectoryInfo($"{Devices}/{address}/driver").LinkTarget) ?? "no driver";

    /// <summary>The number of a device's group, once it is known to be on vfio-pci.</summary>
    internal static string GetGroup(string address)
    {
        CheckDriver(address);
        string group = Path.GetFileName(new DirectoryInfo($"{Devices}/{address}/iommu_group").LinkTarget)
            ?? throw KernelErrors.NoIommu(address);
        return File.Exists($"/dev/vfio/noiommu-{group}") && !File.Exists($"/dev/vfio/{group}")
            ? throw KernelErrors.NoIommuMode(address)
            : group;
    }

    /// <summary>The device's own node.</summary>
    internal static string GetDeviceNode(string address)
    {
        CheckDriver(address);
        return TryGetDeviceNode(address) ?? throw new VfioException(
            $"open {address} by its own node", Errno.ENOENT, "the kernel has no nodes of VFIO devices",
            "Use the group, or a kernel of at least 6.6 with CONFIG_VFIO_DEVICE_CDEV and CONFIG_IOMMUFD.");
    }

    internal static string? TryGetDeviceNode(string address)
    {
        var directory = new DirectoryInfo($"{Devices}/{address}/vfio-dev");
        string? name = directory.Exists ? directory.EnumerateDirectories("vfio*").FirstOrDefault()?.Name : null;
        return name is null ? null : $"/dev/vfio/devices/{name}";
    }

    internal static IEnumerable<string> MembersOf(string group)
    {
        var directory = new DirectoryInfo($"/sys/kernel/iommu_groups/{group}/devices");
        return directory.Exists ? directory.EnumerateFileSystemInfos().Select(entry => entry.Name).Order() : [];
    }

    /// <summary>Devices of a group that the kernel uses by other drivers, so that VFIO refuses all of it.</summary>
    internal static IEnumerable<string> StrangersIn(string group) => MembersOf(group).Where(member =>
        DriverOf(member) is var driver && driver is not ("no driver" or "pci-stub" or "pcieport")
        && !driver.Contains("vfio", StringComparison.Ordinal));

    /// <summary>The devices that the vfio-pci driver has.</summary>
    internal static IEnumerable<string> OnVfio()
    {
        var directory = new DirectoryInfo("/sys/bus/pci/drivers/vfio-pci");
        return directory.Exists
            ? directory.EnumerateFileSystemInfos().Select(entry => entry.Name).Where(IsAddress).Order()
            : [];
    }

    /// <summary>Processes of ours that have a file open.</summary>
    internal static IReadOnlyList<int> HoldersOf(string path)
    {
        var holders = new List<int>();
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), out int id))
                continue;
            try
            {
                if (Directory.EnumerateFileSystemEntries(process + "/fd")
                    .Any(entry => new FileInfo(entry).LinkTarget == path))
                {
                    holders.Add(id);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody else's process, or one that has ended.
            }
        }

        return holders;
    }

    private static void CheckDriver(string address)
    {
        if (!IsAddress(address))
            throw new ArgumentException($"'{address}' is no PCI address such as 0000:01:00.0.", nameof(address));
        if (!Directory.Exists($"{Devices}/{address}"))
        {
            throw new VfioException(
                $"open {address}", Errno.ENODEV, "there is no such device", "See 'lspci -D' for those that are there.");
        }

        string driver = DriverOf(address);
        bool isVfio = driver.StartsWith("vfio-pci", StringComparison.Ordinal)
            || driver.EndsWith("-vfio-pci", StringComparison.Ordinal);
        if (!isVfio)
            throw KernelErrors.NotOnVfio(address, driver);
    }

    [GeneratedRegex("^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]$")]
    private static partial Regex Address();
}
