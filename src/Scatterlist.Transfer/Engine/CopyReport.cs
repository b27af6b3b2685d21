namespace Scatterlist.Transfer;

/// <summary>What a copy did.</summary>
/// <param name="Bytes">Bytes copied.</param>
/// <param name="Elapsed">The time from the first read to the last write, without the verification.</param>
/// <param name="IsVerified">Whether the destination was read back and found equal.</param>
public sealed record CopyReport(ulong Bytes, TimeSpan Elapsed, bool IsVerified)
{
    /// <summary>Bytes a second, 0 when nothing was copied.</summary>
    public double BytesPerSecond => Bytes == 0 ? 0 : Bytes / Math.Max(Elapsed.TotalSeconds, 1e-9);
}
