using Scatterlist.Opae.Diagnosis;

namespace Scatterlist.Opae.Tests;

/// <summary>A directory that passes for the root of a machine.</summary>
internal sealed class FakeMachine : IDisposable
{
    private readonly TempDirectory _root = new();

    internal SystemView View => new(_root.Path);

    public void Dispose() => _root.Dispose();

    internal string PathOf(string path) => Path.Combine(_root.Path, path.TrimStart('/'));

    internal FakeMachine Text(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
        File.WriteAllText(PathOf(path), text + "\n");
        return this;
    }

    internal FakeMachine Folder(string path)
    {
        Directory.CreateDirectory(PathOf(path));
        return this;
    }

    internal FakeMachine Link(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
        File.CreateSymbolicLink(PathOf(path), target);
        return this;
    }

    /// <summary>A device in a group, with or without a driver.</summary>
    internal FakeMachine Device(string address, string? driver, int? group, string vendor = "0x8086", string id = "0xbccf")
    {
        string device = $"/sys/bus/pci/devices/{address}";
        Text(device + "/vendor", vendor).Text(device + "/device", id);
        if (driver is not null)
            Link(device + "/driver", $"../../../bus/pci/drivers/{driver}");
        if (group is { } number)
        {
            Link(device + "/iommu_group", $"../../../kernel/iommu_groups/{number}");
            Folder($"/sys/kernel/iommu_groups/{number}/devices/{address}");
        }

        return this;
    }

    /// <summary>All that a device of ours needs.</summary>
    internal static FakeMachine Healthy() => new FakeMachine()
        .Folder("/sys/bus/pci/drivers/vfio-pci")
        .Text("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N")
        .Text("/sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "65535")
        .Folder("/sys/class/iommu/dmar0")
        .Text("/dev/vfio/vfio", "")
        .Text("/dev/vfio/7", "")
        .Device("0000:03:00.0", "vfio-pci", 7)
        .Text("/sys/bus/pci/devices/0000:03:00.0/reset_method", "flr bus");
}
