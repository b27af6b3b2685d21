namespace Scatterlist.Verbs;

/// <summary>
/// A part of a region that a receive, a read or an atomic operation writes to (struct ibv_sge). Cut by
/// <see cref="MemoryRegion.Scatter()"/>, which checks it against the region; a post refuses it once the region is
/// disposed.
/// </summary>
public readonly struct ScatterElement : IEquatable<ScatterElement>
{
    private readonly RegionPart _part;

    /// <summary>Cuts an element from a region.</summary>
    /// <param name="region">The region.</param>
    /// <param name="offset">Where it starts, in bytes from the region's first.</param>
    /// <param name="length">Its bytes, at most 2^32 - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">It reaches outside of the region.</exception>
    /// <exception cref="InvalidOperationException">The region is registered without
    /// <see cref="AccessFlags.LocalWrite"/>.</exception>
    /// <exception cref="ObjectDisposedException">The region is disposed.</exception>
    public ScatterElement(MemoryRegion region, nuint offset, nuint length)
    {
        _part = RegionPart.Cut(region, offset, length);
        if ((region.Access & AccessFlags.LocalWrite) == 0)
            throw new InvalidOperationException("The region is registered without LocalWrite: nothing is put there.");
    }

    /// <summary>The region; null for the default value, which no post takes.</summary>
    public MemoryRegion? Region => _part.Region;

    /// <summary>Where it starts, in bytes from the region's first.</summary>
    public nuint Offset => _part.Offset;

    /// <summary>Its bytes.</summary>
    public uint Length => _part.Length;

    /// <inheritdoc/>
    public bool Equals(ScatterElement other) =>
        ReferenceEquals(Region, other.Region) && Offset == other.Offset && Length == other.Length;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ScatterElement other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Region, Offset, Length);

    /// <summary>Whether both are the same part of the same region.</summary>
    public static bool operator ==(ScatterElement left, ScatterElement right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(ScatterElement left, ScatterElement right) => !left.Equals(right);
}
