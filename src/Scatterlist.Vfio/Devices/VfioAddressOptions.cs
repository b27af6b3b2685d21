namespace Scatterlist.Vfio;

/// <summary>The I/O addresses of a device without a kernel's IOMMU: a model's, a vfio-user server's. Immutable.</summary>
public sealed record VfioAddressOptions
{
    private const ulong SmallIommuLast = (1ul << 39) - 1;

    /// <summary>39 bits, with the hole that interrupts have on a PC, and pages of 4 KiB, 2 MiB and 1 GiB.</summary>
    public static VfioAddressOptions Default { get; } = new();

    /// <summary>What may be given out, in rising order.</summary>
    public IReadOnlyList<IoAddressRange> Ranges { get; init; } =
    [
        new(new IoAddress(0), new IoAddress(0xfedfffff)),
        new(new IoAddress(0xfef00000), new IoAddress(SmallIommuLast)),
    ];

    /// <summary>A bit for every page size; the smallest is the granule of mappings.</summary>
    public ulong PageSizes { get; init; } = 0x40201000;
}
