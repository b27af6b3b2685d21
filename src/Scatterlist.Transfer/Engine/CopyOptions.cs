namespace Scatterlist.Transfer;

/// <summary>How a copy is made. Immutable.</summary>
public sealed record CopyOptions
{
    /// <summary>The defaults.</summary>
    public static CopyOptions Default { get; } = new();

    /// <summary>Bytes to copy; null for all that the source has.</summary>
    public ulong? Length { get; init; }

    /// <summary>
    /// Bytes moved at a time, from 4 KiB to 1 GiB; rounded up to whole pages. The default stays within a processor's
    /// second-level cache, so that what was read is still there when it is written.
    /// </summary>
    public int ChunkSize { get; init; } = 512 * 1024;

    /// <summary>
    /// Chunks under way at once, from 1 to 256: threads between seekable endpoints, buffers read ahead for streams. 0
    /// chooses by the number of processors.
    /// </summary>
    public int Depth { get; init; }

    /// <summary>Reads the destination back afterwards and compares it with the source.</summary>
    public bool IsVerified { get; init; }

    /// <summary>
    /// Told the bytes copied so far, from the threads that copy, after each chunk; never a smaller number than before.
    /// </summary>
    public IProgress<ulong>? Progress { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ChunkSize, 4096);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ChunkSize, 1 << 30);
        ArgumentOutOfRangeException.ThrowIfNegative(Depth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Depth, 256);
    }
}
