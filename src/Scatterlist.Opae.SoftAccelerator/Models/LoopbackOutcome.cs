namespace Scatterlist.Opae.SoftAccelerator.Models;

/// <summary>What a run did.</summary>
internal readonly record struct LoopbackOutcome(uint LinesRead, uint LinesWritten, LoopbackErrors Errors, ulong Ticks);
