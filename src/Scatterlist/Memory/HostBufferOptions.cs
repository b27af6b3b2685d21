namespace Scatterlist;

/// <summary>How a <see cref="HostBuffer"/> is made. Immutable.</summary>
public sealed record HostBufferOptions
{
    /// <summary>The defaults: private anonymous base pages, committed when first touched.</summary>
    public static HostBufferOptions Default { get; } = new();

    /// <summary>The pages to use. Default: base pages.</summary>
    public PageSize PageSize { get; init; }

    /// <summary>What to do when huge pages are not to be had. Default: fail.</summary>
    public PageFallback Fallback { get; init; }

    /// <summary>
    /// Backs the buffer by a memfd (memfd_create(2)), which other processes can map once they are sent its descriptor.
    /// It is sealed against resizing, so that no peer can make a page of it fault.
    /// </summary>
    public bool IsShareable { get; init; }

    /// <summary>Commits every page at once instead of when first touched (MADV_POPULATE_WRITE, Linux 5.14).</summary>
    public bool IsPopulated { get; init; }

    /// <summary>Locks the pages in memory (mlock(2)); it counts against RLIMIT_MEMLOCK.</summary>
    public bool IsLocked { get; init; }

    /// <summary>A memfd's name in /proc, at most 249 bytes as UTF-8. Default: <c>scatterlist</c>.</summary>
    public string Name { get; init; } = "scatterlist";
}
