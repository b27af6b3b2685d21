namespace Scatterlist.Vfio;

/// <summary>A part of a region that can be mapped.</summary>
/// <param name="Offset">Bytes from the region's start.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct RegionArea(ulong Offset, ulong Length);
