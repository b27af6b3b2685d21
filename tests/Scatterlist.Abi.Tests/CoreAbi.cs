namespace Scatterlist.Abi.Tests;

/// <summary>What <c>src/Scatterlist</c> mirrors.</summary>
internal static class CoreAbi
{
    private const string LibC = "Scatterlist.Interop.LibC";

    internal static AbiTable Table { get; } = new AbiTable(
            "Scatterlist", "errno.h", "fcntl.h", "sys/mman.h", "sys/uio.h", "unistd.h", "linux/memfd.h", "linux/mman.h")
        .Struct("Scatterlist.Block", "struct iovec", ("_address", "iov_base"), ("_length", "iov_len"))
        .SameNames("Scatterlist.Errno", except: "None")
        .Constants(
            LibC,
            ("ProtRead", "PROT_READ"),
            ("ProtWrite", "PROT_WRITE"),
            ("MapShared", "MAP_SHARED"),
            ("MapPrivate", "MAP_PRIVATE"),
            ("MapAnonymous", "MAP_ANONYMOUS"),
            ("MapNoReserve", "MAP_NORESERVE"),
            ("MapHugeTlb", "MAP_HUGETLB"),
            ("MapFailed", "(MAP_FAILED)"),
            ("HugeShift", "MAP_HUGE_SHIFT"),
            ("MfdCloseOnExec", "MFD_CLOEXEC"),
            ("MfdAllowSealing", "MFD_ALLOW_SEALING"),
            ("MfdHugeTlb", "MFD_HUGETLB"),
            ("FAddSeals", "F_ADD_SEALS"),
            ("FDupFdCloseOnExec", "F_DUPFD_CLOEXEC"),
            ("SealSeal", "F_SEAL_SEAL"),
            ("SealShrink", "F_SEAL_SHRINK"),
            ("SealGrow", "F_SEAL_GROW"),
            ("MadvHugePage", "MADV_HUGEPAGE"),
            ("MadvDontFork", "MADV_DONTFORK"),
            ("MadvPopulateWrite", "MADV_POPULATE_WRITE"),
            ("ScPageSize", "(_SC_PAGESIZE)"))
        .Constants(
            "Scatterlist.PageSize",
            ("Huge2MiB", "(MAP_HUGE_2MB >> MAP_HUGE_SHIFT)"),
            ("Huge1GiB", "(MAP_HUGE_1GB >> MAP_HUGE_SHIFT)"));
}
