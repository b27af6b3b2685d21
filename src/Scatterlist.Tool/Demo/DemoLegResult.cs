namespace Scatterlist.Tool.Demo;

/// <summary>How a leg went.</summary>
internal sealed record DemoLegResult(string Name, IReadOnlyList<DemoStep> Steps, string Sha256, bool IsEqual);
