namespace Scatterlist.Abi.Tests;

/// <summary>What <c>src/Scatterlist.Vrtd</c> mirrors beside the wire, which the golden datagrams prove.</summary>
internal static class VrtdAbi
{
    private const string LibC = "Scatterlist.Vrtd.Interop.LibC";

    internal static AbiTable Table { get; } = new AbiTable(
            "Scatterlist.Vrtd", "fcntl.h", "sys/ioctl.h", "sys/mman.h", "sys/stat.h", "unistd.h", "linux/dma-buf.h")
        .Constants(
            LibC,
            ("ModeTypeMask", "S_IFMT"),
            ("ModeRegular", "S_IFREG"),
            ("ModeSocket", "S_IFSOCK"),
            ("AtEmptyPath", "AT_EMPTY_PATH"),
            ("StatxType", "STATX_TYPE"),
            ("StatxSize", "STATX_SIZE"),
            ("StatxLength", "(sizeof(struct statx))"),
            ("StatxModeOffset", "(offsetof(struct statx, stx_mode))"),
            ("StatxSizeOffset", "(offsetof(struct statx, stx_size))"),
            ("SeekEnd", "SEEK_END"),
            ("FionRead", "FIONREAD"),
            ("ProtReadWrite", "(PROT_READ | PROT_WRITE)"),
            ("MapShared", "MAP_SHARED"),
            ("OCloseOnExec", "O_CLOEXEC"),
            ("ONonBlock", "O_NONBLOCK"),
            ("FSetFl", "F_SETFL"))
        .Constants(
            "Scatterlist.Vrtd.BarFile",
            ("SyncNumber", "DMA_BUF_IOCTL_SYNC"),
            ("SyncRead", "DMA_BUF_SYNC_READ"),
            ("SyncWrite", "DMA_BUF_SYNC_WRITE"),
            ("SyncEnd", "DMA_BUF_SYNC_END"));
}
