namespace Scatterlist.Opae;

/// <summary>How a run ended, from the accelerator's status line.</summary>
/// <param name="Errors">0, or the accelerator's own error bits; the emulated one has 1 read, 2 write, 4 status fault.</param>
/// <param name="Ticks">How long it took, in ticks of the accelerator's clock.</param>
/// <param name="LinesRead">Cache lines (64 bytes) read.</param>
/// <param name="LinesWritten">Cache lines written.</param>
public readonly record struct LoopbackResult(uint Errors, ulong Ticks, uint LinesRead, uint LinesWritten)
{
    /// <summary>Whether the run ended without error.</summary>
    public bool IsSuccess => Errors == 0;
}
