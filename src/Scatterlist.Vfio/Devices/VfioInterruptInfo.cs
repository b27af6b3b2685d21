namespace Scatterlist.Vfio;

/// <summary>One interrupt index of a device.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Count">Its vectors; 0 when the device has none of this kind.</param>
/// <param name="Flags">What it can do.</param>
public readonly record struct VfioInterruptInfo(InterruptKind Kind, int Count, InterruptFlags Flags);
