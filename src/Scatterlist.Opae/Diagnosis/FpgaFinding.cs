namespace Scatterlist.Opae;

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What.</param>
/// <param name="Status">How it was found.</param>
/// <param name="Found">What is there.</param>
/// <param name="Remedy">What to do, with the exact command; null where nothing needs doing.</param>
public sealed record FpgaFinding(string Name, FpgaFindingStatus Status, string Found, string? Remedy = null);
