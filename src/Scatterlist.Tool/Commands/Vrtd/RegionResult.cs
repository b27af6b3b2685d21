namespace Scatterlist.Tool.Commands.Vrtd;

/// <summary>What the test of one region found; speeds in bytes a second.</summary>
internal sealed record RegionResult(
    string Memory, string Name, RegionOutcome Outcome, string Detail, double WriteSpeed, double ReadSpeed);
