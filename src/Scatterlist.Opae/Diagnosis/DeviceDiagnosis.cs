using Scatterlist.Opae.Providers;

namespace Scatterlist.Opae.Diagnosis;

/// <summary>What stands between this process and one PCI device.</summary>
internal static class DeviceDiagnosis
{
    private const int MaxHolders = 8;
    private const int CommandRegister = 4;
    private const byte BusMaster = 4;

    /// <summary>Devices that are on vfio-pci, or whose ids are those of FPGAs that OPAE knows.</summary>
    internal static IEnumerable<string> FindCandidates(SystemView system)
    {
        foreach (string name in system.Names(SystemDevices.DeviceDirectory))
        {
            string device = $"{SystemDevices.DeviceDirectory}/{name}";
            if (system.LinkName(device + "/driver") == "vfio-pci" || IsFpga(system, device))
                yield return name;
        }
    }

    internal static IEnumerable<FpgaFinding> Run(SystemView system, string address)
    {
        string device = $"{SystemDevices.DeviceDirectory}/{address}";
        if (!system.Exists(device))
        {
            yield return new FpgaFinding(address, FpgaFindingStatus.Missing, "no such PCI device", "lspci -D");
            yield break;
        }

        string? driver = system.LinkName(device + "/driver");
        string? group = system.LinkName(device + "/iommu_group");
        if (group is null)
        {
            yield return new FpgaFinding($"{address} group", FpgaFindingStatus.Broken,
                "it is in no IOMMU group, so VFIO cannot have it", MachineDiagnosis.Iommu(system).Remedy);
        }

        if (driver != "vfio-pci")
        {
            yield return new FpgaFinding($"{address} driver", FpgaFindingStatus.Missing,
                driver is null ? "no driver has it" : $"{driver} has it, not vfio-pci", BindRemedy(address, driver));
            yield break;
        }

        if (group is not null)
        {
            yield return Group(system, group, address);
            yield return Node(system, device, group, address);
        }

        if (Faults(system, address) is { } faults)
            yield return faults;
        yield return ResetMethod(system, device, address);
        byte[] config = system.ReadBytes(device + "/config", CommandRegister + 1);
        if (config.Length > CommandRegister)
        {
            yield return new FpgaFinding($"{address} bus master", FpgaFindingStatus.Ok,
                (config[CommandRegister] & BusMaster) != 0 ? "on" : "off; opening the device switches it on");
        }
    }

    /// <summary>Which processes that we may look at have a node open.</summary>
    internal static IReadOnlyList<string> FindHolders(SystemView system, string node)
    {
        List<string> holders = [];
        foreach (string process in system.Names("/proc"))
        {
            if (!char.IsAsciiDigit(process[0]))
                continue;
            bool holds = system.Names($"/proc/{process}/fd")
                .Any(descriptor => system.LinkTarget($"/proc/{process}/fd/{descriptor}") == node);
            if (holds)
                holders.Add($"{system.ReadText($"/proc/{process}/comm") ?? "?"} (pid {process})");
            if (holders.Count == MaxHolders)
                break;
        }

        return holders;
    }

    internal static string BindRemedy(string address, string? driver)
    {
        string device = $"{SystemDevices.DeviceDirectory}/{address}";
        string unbind = driver is null ? "" : $"echo {address} | sudo tee {device}/driver/unbind; ";
        return $"sudo modprobe vfio-pci; {unbind}echo vfio-pci | sudo tee {device}/driver_override; "
            + $"echo {address} | sudo tee /sys/bus/pci/drivers_probe";
    }

    private static FpgaFinding Group(SystemView system, string group, string address)
    {
        string name = $"{address} group {group}";
        List<string> others = [];
        foreach (string member in system.Names($"/sys/kernel/iommu_groups/{group}/devices"))
        {
            string? driver = system.LinkName($"{SystemDevices.DeviceDirectory}/{member}/driver");
            if (driver is not (null or "vfio-pci" or "pci-stub" or "pcieport"))
                others.Add($"{member} ({driver})");
        }

        return others.Count == 0
            ? new FpgaFinding(name, FpgaFindingStatus.Ok, "viable")
            : new FpgaFinding(name, FpgaFindingStatus.Broken,
                $"not viable: {string.Join(", ", others)} of the group has another driver",
                string.Join("; ", others.Select(other => BindRemedy(other.Split(' ')[0], "its driver"))));
    }

    // A device has a group's node, one of its own (for iommufd), or both; whoever has either open has the device.
    private static FpgaFinding Node(SystemView system, string device, string group, string address)
    {
        string[] nodes =
            [$"/dev/vfio/{group}", .. system.Names(device + "/vfio-dev").Select(own => $"/dev/vfio/devices/{own}")];
        string[] there = [.. nodes.Where(system.Exists)];
        string name = $"{address} node";
        if (there.Length == 0)
        {
            return new FpgaFinding(name, FpgaFindingStatus.Broken, $"{nodes[0]} is not there",
                "sudo modprobe vfio_iommu_type1, and look at 'sudo dmesg | grep -i vfio'");
        }

        if (!there.Any(system.MayUse))
        {
            string all = string.Join(" ", there);
            return new FpgaFinding(name, FpgaFindingStatus.Limited,
                $"{all} is not yours to open (mode {system.ModeOf(there[0])})",
                $"sudo chown $USER {all}; for good, a udev rule: SUBSYSTEM==\"vfio\", OWNER=\"$USER\"");
        }

        foreach (string node in there)
        {
            IReadOnlyList<string> holders = FindHolders(system, node);
            if (holders.Count == 0)
                continue;
            return new FpgaFinding(name, FpgaFindingStatus.Limited, $"{node} is held by {string.Join(", ", holders)}",
                "End that program: a device has one user at a time.");
        }

        return new FpgaFinding(
            name, FpgaFindingStatus.Ok, $"{string.Join(", ", there)}, free as far as can be seen");
    }

    // What Intel's and AMD's IOMMUs have to say of a device, as the kernel writes it: "DMAR: [DMA Write NO_PASID] Request
    // device [00:01.0] fault addr 0x1000 ..." (Linux 7 has the domain in it: [0000:00:01.0]), "AMD-Vi: Event logged
    // [IO_PAGE_FAULT device=0000:00:01.0 ...".
    private static FpgaFinding? Faults(SystemView system, string address)
    {
        if (system.ReadKernelLog() is not { } log)
            return null;
        string[] names = [$"[{address}]", $"[{address[(address.IndexOf(':', StringComparison.Ordinal) + 1)..]}]"];
        string[] faults = [.. log.Split('\n').Where(line =>
            (line.Contains("DMAR:", StringComparison.Ordinal)
                && names.Any(name => line.Contains(name, StringComparison.Ordinal))
                && line.Contains("fault", StringComparison.Ordinal))
            || (line.Contains("IO_PAGE_FAULT", StringComparison.Ordinal) && line.Contains(address, StringComparison.Ordinal)))];
        return faults.Length == 0
            ? new FpgaFinding($"{address} faults", FpgaFindingStatus.Ok, "the kernel's log has none of the IOMMU's")
            : new FpgaFinding($"{address} faults", FpgaFindingStatus.Limited,
                $"the IOMMU stopped it, {faults.Length} times in the kernel's log; last: {faults[^1].Trim()}",
                "Look the address up with Accelerator.Diagnose(address): released, read-only, or never shared?");
    }

    private static FpgaFinding ResetMethod(SystemView system, string device, string address)
    {
        string? methods = system.ReadText(device + "/reset_method");
        return string.IsNullOrEmpty(methods)
            ? new FpgaFinding($"{address} reset", FpgaFindingStatus.Limited,
                "the kernel knows no way to reset it: Reset() is refused")
            : new FpgaFinding($"{address} reset", FpgaFindingStatus.Ok, methods);
    }

    // Intel's FPGA boards: the ids in OPAE's own table.
    private static bool IsFpga(SystemView system, string device) =>
        system.ReadText(device + "/vendor") == "0x8086"
        && system.ReadText(device + "/device") is "0xbcbd" or "0xbcc0" or "0xbcc1" or "0x09c4" or "0x09c5" or "0x0b2b"
            or "0x0b2c" or "0x0b30" or "0x0b31" or "0xaf00" or "0xaf01" or "0xbcce" or "0xbccf";
}
