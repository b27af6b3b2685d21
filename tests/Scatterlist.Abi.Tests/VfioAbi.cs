namespace Scatterlist.Abi.Tests;

/// <summary>What <c>src/Scatterlist.Vfio</c> mirrors.</summary>
internal static class VfioAbi
{
    private const string Room = "Scatterlist.Vfio.";
    private const string Mirror = Room + "Interop.";
    private const string LibC = Room + "Interop.LibC";

    internal static AbiTable Table { get; } = new AbiTable(
            "Scatterlist.Vfio", "fcntl.h", "poll.h", "sys/ioctl.h", "sys/mman.h", "unistd.h", "linux/vfio.h",
            "?linux/iommufd.h")
        .Struct(
            Room + "Interop.PollFd", "struct pollfd", ("Fd", "fd"), ("Events", "events"), ("Returned", "revents"))
        .Struct(Mirror + "GroupStatus", "struct vfio_group_status", ("Size", "argsz"), ("Flags", "flags"))
        .Struct(
            Mirror + "RegionInfo",
            "struct vfio_region_info",
            ("Size", "argsz"),
            ("Flags", "flags"),
            ("Index", "index"),
            ("CapabilityOffset", "cap_offset"),
            ("Length", "size"),
            ("Offset", "offset"))
        .Struct(
            Mirror + "CapabilityHeader",
            "struct vfio_info_cap_header",
            ("Id", "id"),
            ("Version", "version"),
            ("Next", "next"))
        .Struct(
            Mirror + "SparseMapCapability",
            "struct vfio_region_info_cap_sparse_mmap",
            ("Header", "header"),
            ("Count", "nr_areas"),
            ("Reserved", "reserved"))
        .Struct(
            Mirror + "SparseMapArea", "struct vfio_region_sparse_mmap_area", ("Offset", "offset"), ("Length", "size"))
        .Struct(
            Mirror + "IrqInfo",
            "struct vfio_irq_info",
            ("Size", "argsz"),
            ("Flags", "flags"),
            ("Index", "index"),
            ("Count", "count"))
        .Struct(
            Mirror + "IrqSet",
            "struct vfio_irq_set",
            ("Size", "argsz"),
            ("Flags", "flags"),
            ("Index", "index"),
            ("Start", "start"),
            ("Count", "count"))
        .Struct(
            Mirror + "IovaRangeCapability",
            "struct vfio_iommu_type1_info_cap_iova_range",
            ("Header", "header"),
            ("Count", "nr_iovas"),
            ("Reserved", "reserved"))
        .Struct(Mirror + "IovaRange", "struct vfio_iova_range", ("First", "start"), ("Last", "end"))
        .Struct(
            Mirror + "DmaAvailableCapability",
            "struct vfio_iommu_type1_info_dma_avail",
            ("Header", "header"),
            ("Available", "avail"))
        .Struct(
            Mirror + "DmaMap",
            "struct vfio_iommu_type1_dma_map",
            ("Size", "argsz"),
            ("Flags", "flags"),
            ("Address", "vaddr"),
            ("IoAddress", "iova"),
            ("Length", "size"))
        .Struct(
            Mirror + "DmaUnmap",
            "struct vfio_iommu_type1_dma_unmap",
            ("Size", "argsz"),
            ("Flags", "flags"),
            ("IoAddress", "iova"),
            ("Length", "size"))
        .Struct(
            Mirror + "IommuInfo",
            "struct vfio_iommu_type1_info",
            ("Size", "argsz"),
            ("Flags", "flags"),
            ("PageSizes", "iova_pgsizes"),
            ("CapabilityOffset", "cap_offset"),
            ("Padding", ""))
        .StructStart(
            Mirror + "DeviceInfo",
            "struct vfio_device_info",
            ("Size", "argsz"),
            ("Flags", "flags"),
            ("RegionCount", "num_regions"),
            ("InterruptCount", "num_irqs"),
            ("CapabilityOffset", "cap_offset"))
        .StructStart(
            Mirror + "BindIommuFd",
            "struct vfio_device_bind_iommufd@VFIO_DEVICE_BIND_IOMMUFD",
            ("Size", "argsz"),
            ("Flags", "flags"),
            ("IommuFd", "iommufd"),
            ("DeviceId", "out_devid"))
        .StructStart(
            Mirror + "AttachPageTable",
            "struct vfio_device_attach_iommufd_pt@VFIO_DEVICE_ATTACH_IOMMUFD_PT",
            ("Size", "argsz"),
            ("Flags", "flags"),
            ("Id", "pt_id"))
        .Struct(
            Mirror + "IoasAlloc",
            "struct iommu_ioas_alloc@IOMMU_IOAS_ALLOC",
            ("Size", "size"),
            ("Flags", "flags"),
            ("Id", "out_ioas_id"))
        .Struct(
            Mirror + "IoasRanges",
            "struct iommu_ioas_iova_ranges@IOMMU_IOAS_IOVA_RANGES",
            ("Size", "size"),
            ("Id", "ioas_id"),
            ("Count", "num_iovas"),
            ("Reserved", "__reserved"),
            ("Ranges", "allowed_iovas"),
            ("Alignment", "out_iova_alignment"))
        .Struct(
            Mirror + "IoasMap",
            "struct iommu_ioas_map@IOMMU_IOAS_MAP",
            ("Size", "size"),
            ("Flags", "flags"),
            ("Id", "ioas_id"),
            ("Reserved", "__reserved"),
            ("Address", "user_va"),
            ("Length", "length"),
            ("IoAddress", "iova"))
        .Struct(
            Mirror + "IoasUnmap",
            "struct iommu_ioas_unmap@IOMMU_IOAS_UNMAP",
            ("Size", "size"),
            ("Id", "ioas_id"),
            ("IoAddress", "iova"),
            ("Length", "length"))
        .Constants(
            Mirror + "VfioIoctl",
            ("GetApiVersion", "VFIO_GET_API_VERSION"),
            ("CheckExtension", "VFIO_CHECK_EXTENSION"),
            ("SetIommu", "VFIO_SET_IOMMU"),
            ("GroupGetStatus", "VFIO_GROUP_GET_STATUS"),
            ("GroupSetContainer", "VFIO_GROUP_SET_CONTAINER"),
            ("GroupUnsetContainer", "VFIO_GROUP_UNSET_CONTAINER"),
            ("GroupGetDevice", "VFIO_GROUP_GET_DEVICE_FD"),
            ("DeviceGetInfo", "VFIO_DEVICE_GET_INFO"),
            ("DeviceGetRegionInfo", "VFIO_DEVICE_GET_REGION_INFO"),
            ("DeviceGetIrqInfo", "VFIO_DEVICE_GET_IRQ_INFO"),
            ("DeviceSetIrqs", "VFIO_DEVICE_SET_IRQS"),
            ("DeviceReset", "VFIO_DEVICE_RESET"),
            ("IommuGetInfo", "VFIO_IOMMU_GET_INFO"),
            ("IommuMapDma", "VFIO_IOMMU_MAP_DMA"),
            ("IommuUnmapDma", "VFIO_IOMMU_UNMAP_DMA"),
            ("DeviceBindIommuFd", "VFIO_DEVICE_BIND_IOMMUFD"),
            ("DeviceAttachPageTable", "VFIO_DEVICE_ATTACH_IOMMUFD_PT"),
            ("IoasAllocate", "IOMMU_IOAS_ALLOC"),
            ("IoasGetRanges", "IOMMU_IOAS_IOVA_RANGES"),
            ("IoasMapMemory", "IOMMU_IOAS_MAP"),
            ("IoasUnmapMemory", "IOMMU_IOAS_UNMAP"),
            ("ApiVersion", "VFIO_API_VERSION"),
            ("Type1V2", "VFIO_TYPE1v2_IOMMU"),
            ("GroupViable", "VFIO_GROUP_FLAGS_VIABLE"),
            ("DeviceHasReset", "VFIO_DEVICE_FLAGS_RESET"),
            ("DeviceIsPci", "VFIO_DEVICE_FLAGS_PCI"),
            ("RegionHasCapabilities", "VFIO_REGION_INFO_FLAG_CAPS"),
            ("RegionCapabilitySparse", "VFIO_REGION_INFO_CAP_SPARSE_MMAP"),
            ("IrqDataNone", "VFIO_IRQ_SET_DATA_NONE"),
            ("IrqDataEvent", "VFIO_IRQ_SET_DATA_EVENTFD"),
            ("IrqActionMask", "VFIO_IRQ_SET_ACTION_MASK"),
            ("IrqActionUnmask", "VFIO_IRQ_SET_ACTION_UNMASK"),
            ("IrqActionTrigger", "VFIO_IRQ_SET_ACTION_TRIGGER"),
            ("IommuHasPageSizes", "VFIO_IOMMU_INFO_PGSIZES"),
            ("IommuHasCapabilities", "VFIO_IOMMU_INFO_CAPS"),
            ("IommuCapabilityRanges", "VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE"),
            ("IommuCapabilityAvailable", "VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL"),
            ("IoasFixedAddress", "(IOMMU_IOAS_MAP_FIXED_IOVA)@IOMMU_IOAS_MAP"),
            ("IoasWritable", "(IOMMU_IOAS_MAP_WRITEABLE)@IOMMU_IOAS_MAP"),
            ("IoasReadable", "(IOMMU_IOAS_MAP_READABLE)@IOMMU_IOAS_MAP"))
        .Constants(
            Room + "UserWire",
            ("MapBytes", "(sizeof(struct vfio_iommu_type1_dma_map))"),
            ("UnmapBytes", "(sizeof(struct vfio_iommu_type1_dma_unmap))"),
            ("RegionInfoBytes", "(sizeof(struct vfio_region_info))"),
            ("IrqInfoBytes", "(sizeof(struct vfio_irq_info))"),
            ("SetIrqsBytes", "(sizeof(struct vfio_irq_set))"),
            ("SparseHeaderBytes", "(sizeof(struct vfio_region_info_cap_sparse_mmap))"),
            ("RegionHasCapabilities", "VFIO_REGION_INFO_FLAG_CAPS"),
            ("CapabilitySparseMap", "VFIO_REGION_INFO_CAP_SPARSE_MMAP"),
            ("InfoReset", "VFIO_DEVICE_FLAGS_RESET"),
            ("InfoPci", "VFIO_DEVICE_FLAGS_PCI"),
            ("IrqDataNone", "VFIO_IRQ_SET_DATA_NONE"),
            ("IrqDataBool", "VFIO_IRQ_SET_DATA_BOOL"),
            ("IrqDataEvent", "VFIO_IRQ_SET_DATA_EVENTFD"),
            ("IrqMask", "VFIO_IRQ_SET_ACTION_MASK"),
            ("IrqUnmask", "VFIO_IRQ_SET_ACTION_UNMASK"),
            ("IrqTrigger", "VFIO_IRQ_SET_ACTION_TRIGGER"),
            ("IrqDataMask", "(VFIO_IRQ_SET_DATA_TYPE_MASK)"),
            ("IrqActionMask", "(VFIO_IRQ_SET_ACTION_TYPE_MASK)"))
        .Constants(
            LibC,
            ("ProtRead", "PROT_READ"),
            ("ProtWrite", "PROT_WRITE"),
            ("MapShared", "MAP_SHARED"),
            ("MapFailed", "((long)MAP_FAILED)"),
            ("MadvPopulateRead", "MADV_POPULATE_READ"),
            ("MadvPopulateWrite", "MADV_POPULATE_WRITE"),
            ("FGetSeals", "F_GET_SEALS"),
            ("SealShrink", "F_SEAL_SHRINK"),
            ("OReadWrite", "O_RDWR"),
            ("OCloseOnExec", "O_CLOEXEC"),
            ("PollOut", "POLLOUT"))
        .Constants(
            Room + "InterruptKind",
            ("Intx", "(VFIO_PCI_INTX_IRQ_INDEX)"),
            ("Msi", "(VFIO_PCI_MSI_IRQ_INDEX)"),
            ("MsiX", "(VFIO_PCI_MSIX_IRQ_INDEX)"),
            ("Error", "(VFIO_PCI_ERR_IRQ_INDEX)"),
            ("Request", "(VFIO_PCI_REQ_IRQ_INDEX)"))
        .Constants(
            Room + "InterruptFlags",
            ("EventFd", "VFIO_IRQ_INFO_EVENTFD"),
            ("Maskable", "VFIO_IRQ_INFO_MASKABLE"),
            ("AutoMasked", "VFIO_IRQ_INFO_AUTOMASKED"),
            ("NoResize", "VFIO_IRQ_INFO_NORESIZE"))
        .Constants(
            Room + "RegionFlags",
            ("Read", "VFIO_REGION_INFO_FLAG_READ"),
            ("Write", "VFIO_REGION_INFO_FLAG_WRITE"),
            ("Map", "VFIO_REGION_INFO_FLAG_MMAP"))
        .Constants(
            Room + "PciRegion",
            ("Bar0", "(VFIO_PCI_BAR0_REGION_INDEX)"),
            ("Bar5", "(VFIO_PCI_BAR5_REGION_INDEX)"),
            ("Rom", "(VFIO_PCI_ROM_REGION_INDEX)"),
            ("Config", "(VFIO_PCI_CONFIG_REGION_INDEX)"),
            ("Vga", "(VFIO_PCI_VGA_REGION_INDEX)"),
            ("Count", "(VFIO_PCI_NUM_REGIONS)"))
        .Constants(
            Room + "DmaAccess", ("Read", "VFIO_DMA_MAP_FLAG_READ"), ("Write", "VFIO_DMA_MAP_FLAG_WRITE"));
}
