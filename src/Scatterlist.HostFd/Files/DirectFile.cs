namespace Scatterlist.HostFd;

/// <summary>
/// A file that is open with O_DIRECT, and the alignment that its transfers need. Owns the descriptor.
/// </summary>
public sealed class DirectFile : IDisposable
{
    internal DirectFile(FileDescriptor descriptor, uint memoryAlignment, uint offsetAlignment, bool isExact)
    {
        Descriptor = descriptor;
        MemoryAlignment = memoryAlignment;
        OffsetAlignment = offsetAlignment;
        IsAlignmentExact = isExact;
    }

    /// <summary>The descriptor.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>
    /// What every block's address must be a multiple of, in bytes. Host buffers are aligned to pages.
    /// </summary>
    public uint MemoryAlignment { get; }

    /// <summary>What file offsets and the lengths of blocks must be multiples of, in bytes.</summary>
    public uint OffsetAlignment { get; }

    /// <summary>
    /// Whether the file system told the alignment (STATX_DIOALIGN, Linux 6.1). If not, both are its block size or a
    /// page,
    /// whichever is larger, which every file system accepts.
    /// </summary>
    public bool IsAlignmentExact { get; }

    /// <summary>Closes the descriptor. Idempotent.</summary>
    public void Dispose() => Descriptor.Dispose();
}
