using System.Globalization;

namespace Scatterlist.Vfio;

/// <summary>What an errno of a mapping means, in words and with what to do.</summary>
internal static class MapErrors
{
    internal static (string? Detail, string? Remedy) Explain(VfioDevice device, in DmaMapRequest request, Errno errno)
    {
        switch (errno)
        {
            case Errno.ENOMEM:
                return ("no more memory can be locked for the device", Remedies.LockedMemory(request.Memory.Length));
            case Errno.ENOSPC when device.AvailableMappings == 0:
                return (
                    "the container's limit on mappings is reached",
                    "Map bigger buffers, or one pool and cut it up, or load the driver with a higher limit: "
                    + "'echo 1000000 | sudo tee /sys/module/vfio_iommu_type1/parameters/dma_entry_limit'.");
            case Errno.ENOSPC:
                return (
                    request.HighestIoAddress is { } highest
                        ? $"no free I/O addresses up to {highest}"
                        : "no free I/O addresses, or no room for one more mapping",
                    "Dispose mappings that are no longer used, or map bigger pieces.");
            case Errno.EFAULT:
                return (
                    "the memory is not mapped in this process, or not with the permission that the device needs",
                    "Memory that this process may only read can be mapped for DmaAccess.Read only.");
            case Errno.EEXIST:
                return ("another mapping has these I/O addresses", "Leave the I/O address out to have one chosen.");
            case Errno.EINVAL when request.IoAddress is { } address:
                ulong length = request.Memory.Length;
                return device.IoAddressRanges.Any(range => range.Contains(address, length))
                    ? ("the device's IOMMU refuses these addresses", null)
                    : (
                        string.Create(CultureInfo.InvariantCulture,
                            $"the I/O addresses lie outside of {string.Join(", ", device.IoAddressRanges)}"),
                        "Leave the I/O address out to have one chosen.");
            case Errno.ECONNRESET or Errno.EPIPE:
                return ("the server is gone", "Connect to it again and map again.");
            default:
                return (null, null);
        }
    }
}
