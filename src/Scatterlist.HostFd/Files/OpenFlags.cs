namespace Scatterlist.HostFd;

/// <summary>
/// How a file is opened (open(2)). The values are this library's and the same on every architecture; the kernel's,
/// which differ for Direct, Directory and NoFollow, are put in at the call. O_CLOEXEC and O_NOCTTY are always in force.
/// </summary>
[Flags]
public enum OpenFlags
{
    /// <summary>O_RDONLY.</summary>
    ReadOnly = 0,

    /// <summary>O_WRONLY.</summary>
    WriteOnly = 0x1,

    /// <summary>O_RDWR.</summary>
    ReadWrite = 0x2,

    /// <summary>O_CREAT: make the file when there is none.</summary>
    Create = 0x40,

    /// <summary>O_EXCL: with Create, fail when there is one.</summary>
    Exclusive = 0x80,

    /// <summary>O_TRUNC: drop what the file had.</summary>
    Truncate = 0x200,

    /// <summary>O_APPEND: every write goes to the end.</summary>
    Append = 0x400,

    /// <summary>O_NONBLOCK.</summary>
    NonBlocking = 0x800,

    /// <summary>O_DSYNC: writes return when the data are on stable storage.</summary>
    DSync = 0x1000,

    /// <summary>
    /// O_DIRECT: past the page cache, with aligned memory, offsets and lengths; see HostFile.OpenDirect.
    /// </summary>
    Direct = 0x4000,

    /// <summary>O_DIRECTORY: only a directory.</summary>
    Directory = 0x10000,

    /// <summary>O_NOFOLLOW: not through a symbolic link at the end of the path.</summary>
    NoFollow = 0x20000,

    /// <summary>O_NOATIME: leave the access time alone; for the file's owner only.</summary>
    NoAccessTime = 0x40000,

    /// <summary>O_SYNC: writes return when data and metadata are on stable storage.</summary>
    Sync = 0x101000,

    /// <summary>O_PATH: a name for the file only; nothing can be read or written.</summary>
    PathOnly = 0x200000,

    /// <summary>O_TMPFILE: a new file without a name in the directory that the path names.</summary>
    TemporaryFile = 0x410000,
}
