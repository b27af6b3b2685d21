using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare.Areas;

/// <summary>
/// A family's comparisons. Making one starts what they share (the C library, an emulator); each comparison makes its
/// own memory when its turn comes and gives it back afterwards.
/// </summary>
internal abstract class Area : IDisposable
{
    /// <summary>The comparisons, in the order in which they are measured and reported.</summary>
    public abstract IReadOnlyList<Comparison> Comparisons { get; }

    /// <summary>
    /// Data paths that have no peer here: only what they allocate is looked at, together with the comparisons' own.
    /// </summary>
    public abstract IReadOnlyList<DataPath> DataPaths { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
