namespace Scatterlist.Opae.SoftAccelerator.Models;

/// <summary>One run, as the registers described it when it was started.</summary>
internal readonly record struct LoopbackJob
{
    internal LoopbackMode Mode { get; init; }

    internal ulong Source { get; init; }

    internal ulong Destination { get; init; }

    /// <summary>Cache lines.</summary>
    internal ulong Lines { get; init; }

    /// <summary>Whether an address register held more bits than an address has.</summary>
    internal bool IsAddressBad { get; init; }

    /// <summary>Where the status line goes; it is written last.</summary>
    internal ulong Status { get; init; }

    /// <summary>Again and again until it is told to end.</summary>
    internal bool IsContinuous { get; init; }

    /// <summary>The vector to fire at the end, or -1.</summary>
    internal int EndVector { get; init; }

    /// <summary>The vector to fire at an error, or -1.</summary>
    internal int ErrorVector { get; init; }
}
