using System.Runtime.InteropServices;

namespace Scatterlist.Vfio.Interop;

/// <summary><c>struct vfio_group_status</c> (linux/vfio.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GroupStatus
{
    internal uint Size;
    internal uint Flags;
}

/// <summary><c>struct vfio_device_info</c>, as far as every kernel has it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DeviceInfo
{
    internal uint Size;
    internal uint Flags;
    internal uint RegionCount;
    internal uint InterruptCount;
    internal uint CapabilityOffset;
}

/// <summary><c>struct vfio_region_info</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RegionInfo
{
    internal uint Size;
    internal uint Flags;
    internal uint Index;
    internal uint CapabilityOffset;
    internal ulong Length;
    internal ulong Offset;
}

/// <summary><c>struct vfio_info_cap_header</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CapabilityHeader
{
    internal ushort Id;
    internal ushort Version;
    internal uint Next;
}

/// <summary><c>struct vfio_region_info_cap_sparse_mmap</c>; the areas follow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SparseMapCapability
{
    internal CapabilityHeader Header;
    internal uint Count;
    internal uint Reserved;
}

/// <summary><c>struct vfio_region_sparse_mmap_area</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SparseMapArea
{
    internal ulong Offset;
    internal ulong Length;
}

/// <summary><c>struct vfio_irq_info</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IrqInfo
{
    internal uint Size;
    internal uint Flags;
    internal uint Index;
    internal uint Count;
}

/// <summary><c>struct vfio_irq_set</c>; the data follow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IrqSet
{
    internal uint Size;
    internal uint Flags;
    internal uint Index;
    internal uint Start;
    internal uint Count;
}

/// <summary><c>struct vfio_iommu_type1_info</c>; the capabilities follow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IommuInfo
{
    internal uint Size;
    internal uint Flags;
    internal ulong PageSizes;
    internal uint CapabilityOffset;
    internal uint Padding;
}

/// <summary><c>struct vfio_iommu_type1_info_cap_iova_range</c>; the ranges follow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IovaRangeCapability
{
    internal CapabilityHeader Header;
    internal uint Count;
    internal uint Reserved;
}

/// <summary><c>struct vfio_iova_range</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IovaRange
{
    internal ulong First;
    internal ulong Last;
}

/// <summary><c>struct vfio_iommu_type1_info_dma_avail</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DmaAvailableCapability
{
    internal CapabilityHeader Header;
    internal uint Available;
}

/// <summary><c>struct vfio_iommu_type1_dma_map</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DmaMap
{
    internal uint Size;
    internal uint Flags;
    internal ulong Address;
    internal ulong IoAddress;
    internal ulong Length;
}

/// <summary><c>struct vfio_iommu_type1_dma_unmap</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DmaUnmap
{
    internal uint Size;
    internal uint Flags;
    internal ulong IoAddress;
    internal ulong Length;
}
