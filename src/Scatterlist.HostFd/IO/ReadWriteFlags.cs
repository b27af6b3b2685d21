namespace Scatterlist.HostFd;

/// <summary>
/// How one read or write is done: the RWF flags of preadv2(2), with the kernel's values. A flag that the kernel or the
/// file does not support gives <see cref="Errno.EOPNOTSUPP"/>; <see cref="DescriptorProbe"/> tells beforehand.
/// </summary>
[Flags]
public enum ReadWriteFlags : uint
{
    /// <summary>As read(2) and write(2) do.</summary>
    None = 0,

    /// <summary>
    /// RWF_HIPRI, Linux 4.6: poll for the completion. A hint, except with O_DIRECT on a polled queue.
    /// </summary>
    HiPri = 0x1,

    /// <summary>RWF_DSYNC, Linux 4.7: the data are on stable storage when the write returns, as with O_DSYNC.</summary>
    DSync = 0x2,

    /// <summary>
    /// RWF_SYNC, Linux 4.7: data and metadata are on stable storage when the write returns, as with O_SYNC.
    /// </summary>
    Sync = 0x4,

    /// <summary>RWF_NOWAIT, Linux 4.14: <see cref="Errno.EAGAIN"/> instead of waiting. May move fewer bytes.</summary>
    NoWait = 0x8,

    /// <summary>RWF_APPEND, Linux 4.16: write at the end of the file, whatever the offset.</summary>
    Append = 0x10,

    /// <summary>RWF_NOAPPEND, Linux 6.9: honour the offset although the file is open with O_APPEND.</summary>
    NoAppend = 0x20,

    /// <summary>
    /// RWF_ATOMIC, Linux 6.11: a write that is never torn: a power of two of bytes, naturally aligned, within
    /// <see cref="DescriptorProbe.AtomicWriteUnitMin"/> and <see cref="DescriptorProbe.AtomicWriteUnitMax"/>.
    /// </summary>
    Atomic = 0x40,

    /// <summary>RWF_DONTCACHE, Linux 6.14: drop the bytes from the page cache afterwards.</summary>
    DontCache = 0x80,

    /// <summary>
    /// RWF_NOSIGNAL, Linux 6.18: no SIGPIPE. (.NET ignores that signal anyway; a native host may not.)
    /// </summary>
    NoSignal = 0x100,

    /// <summary>
    /// Not the kernel's, which never sees it: report <see cref="Errno.EINTR"/> when a signal comes before the first
    /// byte
    /// has moved, instead of trying again.
    /// </summary>
    ReturnInterrupted = 0x8000_0000,
}
