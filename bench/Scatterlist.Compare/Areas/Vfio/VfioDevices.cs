using Scatterlist.Opae;
using Scatterlist.Vfio;

namespace Scatterlist.Compare.Areas.Vfio;

/// <summary>Two devices of this machine on vfio-pci, each alone in its group: tests/guest/run has them.</summary>
internal sealed class VfioDevices
{
    private readonly string[] _addresses;

    public VfioDevices()
    {
        _addresses = [.. VfioKernelDevice.GetAddresses().Where(IsAlone)];
        if (_addresses.Length < 2)
        {
            throw new CannotMeasureException(
                "Two devices on vfio-pci are needed, each alone in its IOMMU group: run this in the guest "
                + "(tests/guest/run artifacts/bin/Scatterlist.Compare/release/Scatterlist.Compare vfio).");
        }
    }

    public string PeerAddress => _addresses[1];

    public string PeerGroup => GroupOf(_addresses[1]);

    public Accelerator Open(int which = 0)
    {
        string address = _addresses[which];
        return VfioFpgaProvider.FromDevice(address, () => VfioKernelDevice.OpenGroup(address)).Enumerate()[0].Open();
    }

    private static string GroupOf(string address) =>
        Path.GetFileName(new DirectoryInfo($"/sys/bus/pci/devices/{address}/iommu_group").LinkTarget) ?? "";

    private static bool IsAlone(string address) =>
        Directory.EnumerateFileSystemEntries($"/sys/bus/pci/devices/{address}/iommu_group/devices/").Count() == 1;
}
