namespace Scatterlist.Vrtd;

/// <summary>What a sync moves around the edges of the range it was asked for.</summary>
public enum SyncGranularity
{
    /// <summary>Exactly the bytes asked for. The default.</summary>
    Bytes = 0,

    /// <summary>
    /// Whole pages of 4 KiB, as libvrtd version 1 moves them: the start goes down and the end goes up to the next page
    /// boundary of the buffer, but never past the buffer's end.
    /// </summary>
    Pages,
}
