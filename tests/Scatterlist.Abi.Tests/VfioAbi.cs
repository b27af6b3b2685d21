namespace Scatterlist.Abi.Tests;

/// <summary>What <c>src/Scatterlist.Vfio</c> mirrors.</summary>
internal static class VfioAbi
{
    private const string Room = "Scatterlist.Vfio.";
    private const string LibC = Room + "Interop.LibC";

    internal static AbiTable Table { get; } = new AbiTable(
            "Scatterlist.Vfio", "fcntl.h", "poll.h", "sys/ioctl.h", "sys/mman.h", "unistd.h", "linux/vfio.h")
        .Struct(
            Room + "Interop.PollFd", "struct pollfd", ("Fd", "fd"), ("Events", "events"), ("Returned", "revents"))
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
