namespace Scatterlist.HostFd;

/// <summary>What a descriptor refers to (the file type of inode(7)).</summary>
public enum DescriptorKind
{
    /// <summary>Something without a file type, as an eventfd or an epoll instance.</summary>
    Other = 0,

    /// <summary>A regular file; a memfd is one, too.</summary>
    RegularFile,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A block device.</summary>
    BlockDevice,

    /// <summary>A character device: a terminal, a DMA engine, /dev/null.</summary>
    CharacterDevice,

    /// <summary>A pipe or FIFO.</summary>
    Pipe,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A symbolic link, opened with PathOnly and NoFollow.</summary>
    SymbolicLink,
}
