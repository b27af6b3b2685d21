using System.Globalization;

namespace Scatterlist.Vfio;

/// <summary>What the kernel's errors of opening a device mean, and what to do.</summary>
internal static class KernelErrors
{
    private const string TurnIommuOn =
        "Turn the IOMMU on: VT-d or AMD-Vi in the firmware, 'intel_iommu=on' on the kernel's command line.";

    internal static VfioException NotOnVfio(string address, string driver) => new(
        $"open {address}", Errno.ENODEV, $"the device is on {driver}, not on vfio-pci",
        $"'echo vfio-pci | sudo tee /sys/bus/pci/devices/{address}/driver_override', "
        + (driver == "no driver" ? "" : $"'echo {address} | sudo tee /sys/bus/pci/devices/{address}/driver/unbind', ")
        + $"'echo {address} | sudo tee /sys/bus/pci/drivers_probe'.");

    internal static VfioException NoIommu(string address) =>
        new($"open {address}", Errno.ENODEV, "the device has no IOMMU group", TurnIommuOn);

    internal static VfioException NoIommuMode(string address) => new(
        $"open {address}", Errno.EOPNOTSUPP, "VFIO is in its no-IOMMU mode, which cannot map memory for a device",
        TurnIommuOn);

    internal static VfioException Open(string path, Errno errno) => errno switch
    {
        Errno.EACCES or Errno.EPERM => new(
            $"open {path}", errno, "this user may not open it",
            $"'sudo chown $USER {path}', or a udev rule that gives it to a group."),
        Errno.EBUSY => new($"open {path}", errno, Holders(path), "End the program that has it open."),
        Errno.ENOENT or Errno.ENODEV => new(
            $"open {path}", errno, "there is no such node",
            path == "/dev/iommu" ? "'sudo modprobe iommufd'." : "'sudo modprobe vfio-pci'."),
        Errno.EMFILE => new($"open {path}", errno, remedy: Remedies.OpenFiles),
        _ => new($"open {path}", errno),
    };

    internal static VfioException NotViable(string address, string group)
    {
        IEnumerable<string> others = Sysfs.StrangersIn(group).Select(member => $"{member} ({Sysfs.DriverOf(member)})");
        return new VfioException(
            $"open {address}", Errno.EPERM,
            $"group {group} is not viable: the kernel uses others of its devices: {string.Join(", ", others)}",
            "Bind them to vfio-pci or pci-stub too, or to no driver.");
    }

    internal static VfioException SetIommu(string path, Errno errno) => errno == Errno.EPERM
        ? NoInterruptRemapping($"VFIO_SET_IOMMU({path}, type1v2)", "vfio_iommu_type1")
        : new VfioException($"VFIO_SET_IOMMU({path}, type1v2)", errno);

    internal static VfioException Attach(string address, Errno errno) => errno == Errno.EPERM
        ? NoInterruptRemapping($"VFIO_DEVICE_ATTACH_IOMMUFD_PT({address})", "iommufd")
        : new VfioException($"VFIO_DEVICE_ATTACH_IOMMUFD_PT({address})", errno);

    internal static VfioException GetDevice(string address, string path, Errno errno)
    {
        string operation = $"VFIO_GROUP_GET_DEVICE_FD({path}, {address})";
        return errno == Errno.EACCES
            ? new VfioException(
                operation, errno, "it is a virtual function whose parent is on vfio-pci, too, and wants a token",
                "Put the parent on its own driver.")
            : new VfioException(operation, errno);
    }

    internal static VfioException Bind(string address, string path, Errno errno) => errno switch
    {
        Errno.EBUSY or Errno.EINVAL => new(
            $"VFIO_DEVICE_BIND_IOMMUFD({path})", Errno.EBUSY, Holders(path), "End the program that has it open."),
        Errno.EPERM when Sysfs.StrangersIn(Sysfs.GetGroup(address)).Any() => NotViable(address, Sysfs.GetGroup(address)),
        Errno.EPERM => NoInterruptRemapping($"VFIO_DEVICE_BIND_IOMMUFD({path})", "iommufd"),
        _ => new($"VFIO_DEVICE_BIND_IOMMUFD({path})", errno),
    };

    /// <summary>Locked memory against its limit, in numbers.</summary>
    internal static string LockedMemory(ulong wanted)
    {
        string[]? limit = TryReadLine("/proc/self/limits", "Max locked memory")?
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{wanted / 1024} KiB more are wanted; locked {ValueOf("VmLck:")}, pinned {ValueOf("VmPin:")}, "
            + $"limit {(limit is { Length: > 3 } ? limit[3] : "unknown")} bytes");
    }

    private static VfioException NoInterruptRemapping(string operation, string module) => new(
        operation, Errno.EPERM, "the platform cannot remap interrupts",
        $"Turn interrupt remapping on in the firmware. 'echo 1 | sudo tee /sys/module/{module}/parameters/"
        + "allow_unsafe_interrupts' goes without, and lets the device forge interrupts of others.");

    private static string ValueOf(string name) =>
        TryReadLine("/proc/self/status", name)?[name.Length..].Trim() ?? "unknown";

    private static string? TryReadLine(string path, string start)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault(line => line.StartsWith(start, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Holders(string path)
    {
        IReadOnlyList<int> holders = Sysfs.HoldersOf(path);
        string own = holders.Contains(Environment.ProcessId) ? " (this one)" : "";
        return holders.Count == 0
            ? "another program has it open"
            : $"open in process {string.Join(", ", holders)}{own}";
    }
}
