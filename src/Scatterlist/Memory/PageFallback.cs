namespace Scatterlist;

/// <summary>What to do when the huge pages asked for are not to be had.</summary>
public enum PageFallback
{
    /// <summary>Fail with an exception that says how to reserve them.</summary>
    Fail = 0,

    /// <summary>
    /// Try the next smaller size, down to base pages. <see cref="HostBuffer.PageSize"/> tells what it became. Base
    /// pages are then marked for transparent huge pages (MADV_HUGEPAGE of madvise(2)).
    /// </summary>
    Smaller,
}
