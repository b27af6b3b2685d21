namespace Scatterlist.Abi.Tests;

/// <summary>What <c>src/Scatterlist.HostFd</c> mirrors.</summary>
internal static class HostFdAbi
{
    private const string Room = "Scatterlist.HostFd.";
    private const string LibC = Room + "Interop.LibC";
    private const string StatX = Room + "Interop.StatX";

    internal static AbiTable Table { get; } = new AbiTable(
            "Scatterlist.HostFd", "fcntl.h", "poll.h", "sys/epoll.h", "sys/eventfd.h", "sys/file.h", "sys/socket.h",
            "sys/stat.h", "sys/time.h", "sys/uio.h", "sys/un.h", "time.h", "unistd.h", "linux/fs.h")
        .Struct(
            Room + "Interop.MsgHdr",
            "struct msghdr",
            ("Name", "msg_name"),
            ("NameLength", "msg_namelen"),
            ("Iov", "msg_iov"),
            ("IovLength", "msg_iovlen"),
            ("Control", "msg_control"),
            ("ControlLength", "msg_controllen"),
            ("Flags", "msg_flags"))
        .Struct(
            Room + "Interop.CMsgHdr",
            "struct cmsghdr",
            ("Length", "cmsg_len"),
            ("Level", "cmsg_level"),
            ("Type", "cmsg_type"))
        .Struct(
            Room + "Interop.PollFd", "struct pollfd", ("Fd", "fd"), ("Events", "events"), ("Returned", "revents"))
        .Struct(Room + "Interop.TimeSpec", "struct timespec", ("Seconds", "tv_sec"), ("Fraction", "tv_nsec"))
        .Struct(Room + "Interop.TimeSpec", "struct timeval", ("Seconds", "tv_sec"), ("Fraction", "tv_usec"))
        .Struct(Room + "Interop.UCred", "struct ucred", ("Pid", "pid"), ("Uid", "uid"), ("Gid", "gid"))
        .Struct(
            StatX,
            "struct statx",
            ("Mask", "stx_mask"),
            ("BlockSize", "stx_blksize"),
            ("Mode", "stx_mode"),
            ("Inode", "stx_ino"),
            ("Size", "stx_size"),
            ("DeviceMajor", "stx_dev_major"),
            ("DeviceMinor", "stx_dev_minor"),
            ("DirectIoMemoryAlignment", "stx_dio_mem_align@STATX_DIOALIGN"),
            ("DirectIoOffsetAlignment", "stx_dio_offset_align@STATX_DIOALIGN"),
            ("AtomicWriteUnitMin", "stx_atomic_write_unit_min@STATX_WRITE_ATOMIC"),
            ("AtomicWriteUnitMax", "stx_atomic_write_unit_max@STATX_WRITE_ATOMIC"),
            ("AtomicWriteSegmentsMax", "stx_atomic_write_segments_max@STATX_WRITE_ATOMIC"),
            ("DirectIoReadOffsetAlignment", "stx_dio_read_offset_align@STATX_DIO_READ_ALIGN"))
        .Constants(
            StatX,
            ("BasicStats", "STATX_BASIC_STATS"),
            ("DirectIoAlignment", "STATX_DIOALIGN"),
            ("WriteAtomic", "STATX_WRITE_ATOMIC"),
            ("TypeMask", "S_IFMT"),
            ("TypeFifo", "S_IFIFO"),
            ("TypeCharacter", "S_IFCHR"),
            ("TypeDirectory", "S_IFDIR"),
            ("TypeBlock", "S_IFBLK"),
            ("TypeRegular", "S_IFREG"),
            ("TypeLink", "S_IFLNK"),
            ("TypeSocket", "S_IFSOCK"))
        .Constants(
            LibC,
            ("FGetFl", "F_GETFL"),
            ("FSetFl", "F_SETFL"),
            ("FDupFdCloseOnExec", "F_DUPFD_CLOEXEC"),
            ("ONonBlock", "O_NONBLOCK"),
            ("OCloseOnExec", "O_CLOEXEC"),
            ("OCloseOnExec", "(EPOLL_CLOEXEC)"),
            ("OPath", "O_PATH"),
            ("AtFdCwd", "AT_FDCWD"),
            ("AtSymlinkNoFollow", "AT_SYMLINK_NOFOLLOW"),
            ("AtEmptyPath", "AT_EMPTY_PATH"),
            ("EfdSemaphore", "(EFD_SEMAPHORE)"),
            ("EfdCloseOnExec", "(EFD_CLOEXEC)"),
            ("EfdNonBlock", "(EFD_NONBLOCK)"),
            ("PollIn", "POLLIN"),
            ("PollIn", "(EPOLLIN)"),
            ("PollOut", "POLLOUT"),
            ("PollOut", "(EPOLLOUT)"))
        .Constants(
            LibC,
            ("AfUnix", "AF_UNIX"),
            ("SockCloseOnExec", "(SOCK_CLOEXEC)"),
            ("SockNonBlock", "(SOCK_NONBLOCK)"),
            ("SolSocket", "SOL_SOCKET"),
            ("SoType", "SO_TYPE"),
            ("SoPassCred", "SO_PASSCRED"),
            ("SoPeerCred", "SO_PEERCRED"),
            ("SoSendTimeout", "SO_SNDTIMEO"),
            ("SoAcceptConn", "SO_ACCEPTCONN"),
            ("SoDomain", "SO_DOMAIN"),
            ("SoPeerGroups", "SO_PEERGROUPS"),
            ("ScmRights", "(SCM_RIGHTS)"),
            ("ScmCredentials", "(SCM_CREDENTIALS)"),
            ("MsgControlTruncated", "(MSG_CTRUNC)"),
            ("MsgTruncated", "(MSG_TRUNC)"),
            ("MsgDontWait", "(MSG_DONTWAIT)"),
            ("MsgNoSignal", "(MSG_NOSIGNAL)"),
            ("MsgCMsgCloseOnExec", "(MSG_CMSG_CLOEXEC)"))
        .Constants(Room + "MessageFlags", ("Peek", "(MSG_PEEK)"), ("DontWait", "(MSG_DONTWAIT)"))
        .Constants(
            Room + "UnixSocketType",
            ("Stream", "(SOCK_STREAM)"),
            ("Datagram", "(SOCK_DGRAM)"),
            ("SeqPacket", "(SOCK_SEQPACKET)"))
        .Constants(
            Room + "UnixAddress",
            ("MaxPathBytes", "(sizeof(((struct sockaddr_un *)0)->sun_path) - 1)"),
            ("PathOffset", "(offsetof(struct sockaddr_un, sun_path))"))
        .Constants(
            Room + "Waiting.DescriptorPoller",
            ("CtlAdd", "EPOLL_CTL_ADD"),
            ("CtlDelete", "EPOLL_CTL_DEL"),
            ("OneShot", "(EPOLLONESHOT)"),
            ("EventSize", "(sizeof(struct epoll_event))"),
            ("DataOffset", "(offsetof(struct epoll_event, data))"))
        .Constants(
            Room + "ReadWriteFlags",
            ("HiPri", "RWF_HIPRI"),
            ("DSync", "RWF_DSYNC"),
            ("Sync", "RWF_SYNC"),
            ("NoWait", "RWF_NOWAIT"),
            ("Append", "RWF_APPEND"),
            ("NoAppend", "RWF_NOAPPEND"),
            ("Atomic", "RWF_ATOMIC"),
            ("DontCache", "RWF_DONTCACHE"),
            ("NoSignal", "RWF_NOSIGNAL"))
        .Constants(Room + "DirectoryLock", ("Exclusive", "LOCK_EX"), ("NonBlocking", "LOCK_NB"))
        .Constants(Room + "HostIO", ("MaxReadWriteIov", "UIO_MAXIOV"), ("MaxSendRecvMsgIov", "UIO_MAXIOV"))
        .Mapped(
            Room + "FileCalls", "ToNative",
            ("ReadOnly", "(O_RDONLY | O_CLOEXEC | O_NOCTTY)"),
            ("WriteOnly", "(O_WRONLY | O_CLOEXEC | O_NOCTTY)"),
            ("ReadWrite", "(O_RDWR | O_CLOEXEC | O_NOCTTY)"),
            ("Create", "(O_CREAT | O_CLOEXEC | O_NOCTTY)"),
            ("Exclusive", "(O_EXCL | O_CLOEXEC | O_NOCTTY)"),
            ("Truncate", "(O_TRUNC | O_CLOEXEC | O_NOCTTY)"),
            ("Append", "(O_APPEND | O_CLOEXEC | O_NOCTTY)"),
            ("NonBlocking", "(O_NONBLOCK | O_CLOEXEC | O_NOCTTY)"),
            ("DSync", "(O_DSYNC | O_CLOEXEC | O_NOCTTY)"),
            ("Direct", "(O_DIRECT | O_CLOEXEC | O_NOCTTY)"),
            ("Directory", "(O_DIRECTORY | O_CLOEXEC | O_NOCTTY)"),
            ("NoFollow", "(O_NOFOLLOW | O_CLOEXEC | O_NOCTTY)"),
            ("NoAccessTime", "(O_NOATIME | O_CLOEXEC | O_NOCTTY)"),
            ("Sync", "(O_SYNC | O_CLOEXEC | O_NOCTTY)"),
            ("PathOnly", "(O_PATH | O_CLOEXEC | O_NOCTTY)"),
            ("TemporaryFile", "(O_TMPFILE | O_CLOEXEC | O_NOCTTY)"));
}
