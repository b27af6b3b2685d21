using System.Runtime.InteropServices;

namespace Scatterlist.Vfio.Interop;

/// <summary><c>struct vfio_device_bind_iommufd</c> (linux/vfio.h, Linux 6.6).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BindIommuFd
{
    internal uint Size;
    internal uint Flags;
    internal int IommuFd;
    internal uint DeviceId;
}

/// <summary><c>struct vfio_device_attach_iommufd_pt</c> (Linux 6.6).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AttachPageTable
{
    internal uint Size;
    internal uint Flags;
    internal uint Id;
}

/// <summary><c>struct iommu_ioas_alloc</c> (linux/iommufd.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoasAlloc
{
    internal uint Size;
    internal uint Flags;
    internal uint Id;
}

/// <summary><c>struct iommu_ioas_iova_ranges</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoasRanges
{
    internal uint Size;
    internal uint Id;
    internal uint Count;
    internal uint Reserved;
    internal ulong Ranges;
    internal ulong Alignment;
}

/// <summary><c>struct iommu_ioas_map</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoasMap
{
    internal uint Size;
    internal uint Flags;
    internal uint Id;
    internal uint Reserved;
    internal ulong Address;
    internal ulong Length;
    internal ulong IoAddress;
}

/// <summary><c>struct iommu_ioas_unmap</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoasUnmap
{
    internal uint Size;
    internal uint Id;
    internal ulong IoAddress;
    internal ulong Length;
}
