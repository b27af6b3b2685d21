namespace Scatterlist.Abi.Tests;

/// <summary>What the same-host path of <c>src/Scatterlist.Verbs.SoftRoce</c> mirrors.</summary>
internal static class SameHostAbi
{
    private const string Calls = "Scatterlist.Verbs.SoftRoce.Interop.SameHostCalls";

    internal static AbiTable Table { get; } = new AbiTable(
            "Scatterlist.Verbs.SoftRoce", "fcntl.h", "sys/epoll.h", "sys/mman.h", "sys/stat.h", "sys/un.h",
            "unistd.h")
        .Constants(
            Calls,
            ("ProtNone", "PROT_NONE"),
            ("ProtRead", "PROT_READ"),
            ("ProtWrite", "PROT_WRITE"),
            ("MapShared", "MAP_SHARED"),
            ("MapPrivate", "MAP_PRIVATE"),
            ("MapFixed", "MAP_FIXED"),
            ("MapAnonymous", "MAP_ANONYMOUS"),
            ("MapNoReserve", "MAP_NORESERVE"),
            ("MfdCloseOnExec", "MFD_CLOEXEC"),
            ("MfdAllowSealing", "MFD_ALLOW_SEALING"),
            ("FAddSeals", "F_ADD_SEALS"),
            ("FGetSeals", "F_GET_SEALS"),
            ("SealSeal", "F_SEAL_SEAL"),
            ("SealShrink", "F_SEAL_SHRINK"),
            ("SealGrow", "F_SEAL_GROW"),
            ("MadvPopulateWrite", "MADV_POPULATE_WRITE"))
        .Constants(
            Calls,
            ("MaxPathBytes", "(sizeof(((struct sockaddr_un *)0)->sun_path) - 1)"),
            ("PathOffset", "(offsetof(struct sockaddr_un, sun_path))"),
            ("EPollCloseOnExec", "(EPOLL_CLOEXEC)"),
            ("EPollIn", "(EPOLLIN)"),
            ("CtlAdd", "EPOLL_CTL_ADD"),
            ("CtlDelete", "EPOLL_CTL_DEL"),
            ("EventSize", "(sizeof(struct epoll_event))"),
            ("DataOffset", "(offsetof(struct epoll_event, data))"))
        .Constants(
            Calls,
            ("AtFdCwd", "AT_FDCWD"),
            ("AtSymlinkNoFollow", "AT_SYMLINK_NOFOLLOW"),
            ("StatxTypeModeUid", "(STATX_TYPE | STATX_MODE | STATX_UID)"),
            ("StatxLength", "(sizeof(struct statx))"),
            ("StatxUidOffset", "(offsetof(struct statx, stx_uid))"),
            ("StatxModeOffset", "(offsetof(struct statx, stx_mode))"),
            ("ModeTypeMask", "S_IFMT"),
            ("ModeDirectory", "S_IFDIR"));
}
