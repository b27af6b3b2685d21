namespace Scatterlist.Vfio;

/// <summary>One memory BAR of a modelled PCI device.</summary>
/// <param name="Index">0 to 5. A 64-bit BAR takes the next one too.</param>
/// <param name="Size">Bytes, a power of two, at least 16; at most 2 GiB in 32 bits.</param>
public sealed record PciBar(int Index, ulong Size)
{
    /// <summary>Whether the BAR has 64 address bits.</summary>
    public bool Is64Bit { get; init; }

    /// <summary>Whether reads have no effects.</summary>
    public bool IsPrefetchable { get; init; }

    /// <summary>What clients may map of it; see <see cref="VfioDeviceModel.GetRegionMemory"/>. Default: nothing.</summary>
    public IReadOnlyList<RegionArea> MappableAreas { get; init; } = [];
}
