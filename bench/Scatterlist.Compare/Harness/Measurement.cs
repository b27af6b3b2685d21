namespace Scatterlist.Compare.Harness;

/// <summary>What a comparison gave.</summary>
/// <param name="Row">Its row.</param>
/// <param name="IsDataPath">Whether our side must not allocate.</param>
/// <param name="AllocatedBytesPerOperation">Managed bytes that our side allocated on the measuring thread.</param>
internal sealed record Measurement(Row Row, bool IsDataPath, double AllocatedBytesPerOperation);
