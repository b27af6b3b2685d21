namespace Scatterlist.Verbs;

/// <summary>What a gather and a scatter element both are: a checked part of a region.</summary>
internal readonly struct RegionPart(MemoryRegion region, nuint offset, uint length)
{
    internal readonly MemoryRegion? Region = region;

    internal readonly nuint Offset = offset;

    internal readonly uint Length = length;

    /// <summary>Checks and cuts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the region, or is longer than an
    /// element can be.</exception>
    /// <exception cref="ObjectDisposedException">The region is disposed.</exception>
    internal static RegionPart Cut(MemoryRegion region, nuint offset, nuint length)
    {
        ArgumentNullException.ThrowIfNull(region);
        ObjectDisposedException.ThrowIf(region.IsDisposed, region);
        if (offset > region.Length || length > region.Length - offset || length > uint.MaxValue)
            Refuse(region, offset, length);
        return new RegionPart(region, offset, (uint)length);
    }

    private static void Refuse(MemoryRegion region, nuint offset, nuint length) =>
        throw new ArgumentOutOfRangeException(
            nameof(offset),
            length > uint.MaxValue
                ? $"An element has at most {uint.MaxValue} bytes, not {length}."
                : $"Offset {offset} and length {length} reach outside of the region's {region.Length} bytes.");
}
