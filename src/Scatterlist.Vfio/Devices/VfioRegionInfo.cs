namespace Scatterlist.Vfio;

/// <summary>One region of a device: a BAR, the ROM, the config space.</summary>
/// <param name="Index">Which; see <see cref="PciRegion"/>.</param>
/// <param name="Size">Bytes; 0 when the device has no such region.</param>
/// <param name="Flags">What may be done with it.</param>
public sealed record VfioRegionInfo(int Index, ulong Size, RegionFlags Flags)
{
    /// <summary>
    /// What can be mapped, in rising order and without overlap: all of a mappable region, its listed parts where only
    /// those may be (sparse), nothing where the region cannot be mapped.
    /// </summary>
    public IReadOnlyList<RegionArea> MappableAreas { get; init; } =
        (Flags & RegionFlags.Map) != 0 && Size != 0 ? [new RegionArea(0, Size)] : [];

    /// <summary>Whether <paramref name="length"/> bytes at <paramref name="offset"/> lie in the region.</summary>
    public bool Contains(ulong offset, ulong length) => offset <= Size && length <= Size - offset;

    /// <summary>Whether <paramref name="length"/> bytes at <paramref name="offset"/> can be mapped.</summary>
    public bool CanMap(ulong offset, ulong length)
    {
        foreach (RegionArea area in MappableAreas)
        {
            if (offset >= area.Offset && offset - area.Offset <= area.Length
                && length <= area.Length - (offset - area.Offset))
            {
                return true;
            }
        }

        return false;
    }
}
