namespace Scatterlist.Opae.SoftAccelerator;

/// <summary>What an accelerator has done since it was made.</summary>
/// <param name="Runs">Runs that ended, well or not.</param>
/// <param name="LinesRead">Cache lines (64 bytes) read from host memory.</param>
/// <param name="LinesWritten">Cache lines written to host memory.</param>
/// <param name="Faults">Accesses that were stopped.</param>
/// <param name="Interrupts">Vectors fired.</param>
public readonly record struct EmulatedAcceleratorStatistics(
    ulong Runs, ulong LinesRead, ulong LinesWritten, ulong Faults, ulong Interrupts);
