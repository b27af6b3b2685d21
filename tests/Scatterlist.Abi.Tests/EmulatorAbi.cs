namespace Scatterlist.Abi.Tests;

/// <summary>What <c>src/Scatterlist.Vrtd.Emulator</c> mirrors.</summary>
internal static class EmulatorAbi
{
    private const string Room = "Scatterlist.Vrtd.Emulator.Interop.";

    internal static AbiTable Table { get; } = new AbiTable(
            "Scatterlist.Vrtd.Emulator", "fcntl.h", "grp.h", "poll.h", "pwd.h", "sys/mman.h", "sys/stat.h")
        .Struct(Room + "PollFd", "struct pollfd", ("Fd", "fd"), ("Events", "events"), ("ReturnedEvents", "revents"))
        .Struct(Room + "StatX", "struct statx", ("Size", "stx_size"), ("Blocks", "stx_blocks"))
        .Struct(
            Room + "Passwd",
            "struct passwd",
            ("Name", "pw_name"),
            ("Password", "pw_passwd"),
            ("UserId", "pw_uid"),
            ("GroupId", "pw_gid"),
            ("Gecos", "pw_gecos"),
            ("Directory", "pw_dir"),
            ("Shell", "pw_shell"))
        .Struct(
            Room + "Group",
            "struct group",
            ("Name", "gr_name"),
            ("Password", "gr_passwd"),
            ("GroupId", "gr_gid"),
            ("Members", "gr_mem"))
        .Constants(
            Room + "LibC",
            ("MfdCloseOnExec", "MFD_CLOEXEC"),
            ("MfdAllowSealing", "MFD_ALLOW_SEALING"),
            ("FAddSeals", "F_ADD_SEALS"),
            ("SealSeal", "F_SEAL_SEAL"),
            ("SealShrink", "F_SEAL_SHRINK"),
            ("SealGrow", "F_SEAL_GROW"),
            ("OpenReadOnly", "O_RDONLY"),
            ("OpenWriteOnly", "O_WRONLY"),
            ("OpenReadWrite", "O_RDWR"),
            ("OpenNoAccessTime", "O_NOATIME"),
            ("OpenCloseOnExec", "O_CLOEXEC"),
            ("FallocKeepSize", "FALLOC_FL_KEEP_SIZE"),
            ("FallocPunchHole", "FALLOC_FL_PUNCH_HOLE"),
            ("AtEmptyPath", "AT_EMPTY_PATH"),
            ("StatxBlocks", "STATX_BLOCKS"),
            ("StatxSize", "STATX_SIZE"),
            ("PollIn", "POLLIN"),
            ("PollHup", "POLLHUP"));
}
