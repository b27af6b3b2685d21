namespace Scatterlist.Opae;

/// <summary>How memory of the library's own is made for <see cref="Accelerator.PrepareBuffer(nuint, BufferFlags,
/// SharedBufferOptions?)"/>. Immutable.</summary>
public sealed record SharedBufferOptions
{
    /// <summary>
    /// OPAE's way: base pages up to 4 KiB, one 2 MiB page up to 2 MiB, 1 GiB pages beyond, and a failure where there
    /// are no such pages.
    /// </summary>
    public static SharedBufferOptions Default { get; } = new();

    /// <summary>Base pages for any length, which an IOMMU makes contiguous for the device.</summary>
    public static SharedBufferOptions BasePages { get; } = new() { PageSize = Scatterlist.PageSize.Base };

    /// <summary>Default pages where there are any, smaller ones otherwise.</summary>
    public static SharedBufferOptions SmallerPages { get; } = new() { Fallback = PageFallback.Smaller };

    /// <summary>The pages to use; null (the default) for OPAE's thresholds.</summary>
    public PageSize? PageSize { get; init; }

    /// <summary>
    /// What to do when such pages are not to be had. Default: fail. Smaller pages are for accelerators behind an IOMMU
    /// (VFIO, the soft accelerator): a buffer of them is not one contiguous piece of physical memory.
    /// </summary>
    public PageFallback Fallback { get; init; }

    /// <summary>The pages that OPAE uses for a length.</summary>
    internal PageSize PageSizeFor(nuint length) => PageSize ?? (length <= 4 << 10 ? Scatterlist.PageSize.Base
        : length <= 2 << 20 ? Scatterlist.PageSize.Huge2MiB
        : Scatterlist.PageSize.Huge1GiB);
}
