namespace Scatterlist.Vfio;

/// <summary>The half of the kernel's VFIO that maps memory: a container, or an address space of iommufd.</summary>
internal interface IKernelIommu : IDisposable
{
    IReadOnlyList<IoAddressRange> Ranges { get; }

    ulong PageSizes { get; }

    bool ChoosesAddresses { get; }

    uint? Available { get; }

    Errno Map(in DmaMapRequest request, ref IoAddress address);

    Errno Unmap(IoAddress address, ulong length);
}
