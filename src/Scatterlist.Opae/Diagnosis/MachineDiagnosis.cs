using System.Globalization;
using Scatterlist.Opae.Ports;

namespace Scatterlist.Opae.Diagnosis;

/// <summary>What accelerators over VFIO need of the machine, whichever device it is.</summary>
internal static class MachineDiagnosis
{
    private const string Modules = "/sys/module/";
    private const string Parameters = Modules + "vfio_iommu_type1/parameters/";
    private const ulong ComfortableLockedMemory = 1ul << 30;
    private const uint DefaultEntryLimit = 65535;

    private static readonly string[] IommuModules = ["vfio_iommu_type1", "iommufd"];

    internal static IEnumerable<FpgaFinding> Run(SystemView system)
    {
        yield return Iommu(system);
        yield return Driver(system);
        yield return InterruptRemapping(system);
        yield return LockedMemoryLimit();
        yield return EntryLimit(system);
        foreach (FpgaFinding finding in HugePages(system))
            yield return finding;
    }

    internal static FpgaFinding Iommu(SystemView system)
    {
        // VFIO makes groups up for its no-IOMMU mode.
        int groups = system.Names("/sys/kernel/iommu_groups")
            .Count(group => system.ReadText($"/sys/kernel/iommu_groups/{group}/name") != "vfio-noiommu");
        string units = string.Join(", ", system.Names("/sys/class/iommu"));
        if (groups != 0)
        {
            return new FpgaFinding("IOMMU", FpgaFindingStatus.Ok,
                Format($"{groups} groups{(units.Length == 0 ? "" : $", by {units}")}"));
        }

        return system.ReadText("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode") == "Y"
            ? new FpgaFinding("IOMMU", FpgaFindingStatus.Missing,
                "none in use; VFIO's no-IOMMU mode is on, which has no DMA mappings and is not supported", IommuRemedy)
            : new FpgaFinding("IOMMU", FpgaFindingStatus.Missing, "none in use: /sys/kernel/iommu_groups is empty",
                IommuRemedy);
    }

    private const string IommuRemedy =
        "Switch on VT-d or AMD-Vi in the firmware's set-up, and add 'intel_iommu=on' (Intel) to the kernel's command line.";

    private static FpgaFinding Driver(SystemView system)
    {
        const string Name = "vfio-pci driver";
        if (system.Exists("/sys/bus/pci/drivers/vfio-pci"))
        {
            string ways = (system.Exists("/dev/vfio/vfio"), system.Exists("/dev/iommu")) switch
            {
                (true, true) => "loaded, by groups and by iommufd",
                (true, false) => "loaded, by groups",
                (false, true) => "loaded, by iommufd",
                _ => "loaded, but there is neither /dev/vfio/vfio nor /dev/iommu",
            };
            return new FpgaFinding(
                Name, ways.Contains("neither", StringComparison.Ordinal) ? FpgaFindingStatus.Broken : FpgaFindingStatus.Ok,
                ways, ways.Contains("neither", StringComparison.Ordinal) ? "sudo modprobe vfio_iommu_type1" : null);
        }

        return new FpgaFinding(Name, FpgaFindingStatus.Missing, "not loaded", "sudo modprobe vfio-pci");
    }

    private static FpgaFinding InterruptRemapping(SystemView system)
    {
        const string Name = "interrupt remapping";
        const string Switch = "/parameters/allow_unsafe_interrupts";
        string[] loaded = [.. IommuModules.Where(module => system.Exists(Modules + module + Switch))];
        string[] careless = [.. loaded.Where(module => system.ReadText(Modules + module + Switch) == "Y")];
        if (loaded.Length == 0)
        {
            return new FpgaFinding(
                Name, FpgaFindingStatus.Missing, "not known: neither vfio_iommu_type1 nor iommufd is loaded");
        }

        return careless.Length != 0
            ? new FpgaFinding(Name, FpgaFindingStatus.Limited,
                $"not insisted on by {string.Join(" and ", careless)} (allow_unsafe_interrupts): "
                + "a device may then raise any interrupt of the machine",
                "echo N | sudo tee " + string.Join(' ', careless.Select(module => Modules + module + Switch)))
            : new FpgaFinding(Name, FpgaFindingStatus.Ok,
                $"insisted on by {string.Join(" and ", loaded)}; EPERM at an open would mean there is none");
    }

    private static FpgaFinding LockedMemoryLimit()
    {
        const string Name = "locked memory";
        if (LockedMemory.HasCapability())
            return new FpgaFinding(Name, FpgaFindingStatus.Ok, "no limit (CAP_IPC_LOCK)");
        if (LockedMemory.Limit() is not { } limit)
            return new FpgaFinding(Name, FpgaFindingStatus.Ok, "no limit");
        return new FpgaFinding(
            Name, limit < ComfortableLockedMemory ? FpgaFindingStatus.Limited : FpgaFindingStatus.Ok,
            Format($"{limit / 1024} KiB; every shared buffer is locked"),
            limit < ComfortableLockedMemory ? Remedies.LockedMemory(ComfortableLockedMemory) : null);
    }

    private static FpgaFinding EntryLimit(SystemView system)
    {
        const string Name = "mappings of a container";
        if (!uint.TryParse(system.ReadText(Parameters + "dma_entry_limit"), CultureInfo.InvariantCulture, out uint limit))
        {
            return system.Exists("/dev/iommu")
                ? new FpgaFinding(Name, FpgaFindingStatus.Ok, "no limit (iommufd)")
                : new FpgaFinding(Name, FpgaFindingStatus.Missing, "not known: vfio_iommu_type1 is not loaded");
        }

        return limit >= DefaultEntryLimit
            ? new FpgaFinding(Name, FpgaFindingStatus.Ok, Format($"{limit} (dma_entry_limit)"))
            : new FpgaFinding(Name, FpgaFindingStatus.Limited, Format($"{limit} (dma_entry_limit)"),
                $"echo {DefaultEntryLimit} | sudo tee {Parameters}dma_entry_limit, or cut buffers from a pool");
    }

    private static IEnumerable<FpgaFinding> HugePages(SystemView system)
    {
        foreach ((string name, string group, ulong bytes) in ((string, string, ulong)[])
            [("2 MiB pages", "2MB", 2ul << 20), ("1 GiB pages", "1GB", 1ul << 30)])
        {
            string pool = Format($"/sys/kernel/mm/hugepages/hugepages-{bytes / 1024}kB/");
            if (!ulong.TryParse(system.ReadText(pool + "free_hugepages"), CultureInfo.InvariantCulture, out ulong free))
            {
                yield return new FpgaFinding(name, FpgaFindingStatus.Missing, "this processor or kernel has none");
                continue;
            }

            if (CgroupLimit(system, group) is { } limit && limit < bytes)
            {
                yield return new FpgaFinding(name, FpgaFindingStatus.Limited,
                    Format($"{free} free, and the control group allows {limit} bytes"),
                    $"Raise hugetlb.{group}.max of the control group, '--hugetlb' of the container.");
                continue;
            }

            yield return free != 0
                ? new FpgaFinding(name, FpgaFindingStatus.Ok, Format($"{free} free"))
                : new FpgaFinding(name, FpgaFindingStatus.Limited, "none free; buffers need them by OPAE's thresholds",
                    Remedies.HugePages(bytes > 1ul << 21 ? 1ul : 20, bytes)
                    + " Behind an IOMMU SharedBufferOptions.SmallerPages does without.");
        }
    }

    private static ulong? CgroupLimit(SystemView system, string group)
    {
        string? line = system.ReadText("/proc/self/cgroup")?.Split('\n')
            .FirstOrDefault(one => one.StartsWith("0::", StringComparison.Ordinal));
        return line is not null && ulong.TryParse(
            system.ReadText($"/sys/fs/cgroup{line[3..]}/hugetlb.{group}.max"), CultureInfo.InvariantCulture, out ulong limit)
                ? limit
                : null;
    }

    private static string Format(FormattableString text) => FormattableString.Invariant(text);
}
