namespace Scatterlist.Opae;

/// <summary>One feature found in an accelerator's registers.</summary>
/// <param name="Offset">Where its header is, in bytes from the start of the region.</param>
/// <param name="Header">The header.</param>
/// <param name="Id">Its GUID; null for a feature whose header has none (a private one of version 0).</param>
public sealed record DeviceFeature(ulong Offset, FeatureHeader Header, Guid? Id);
