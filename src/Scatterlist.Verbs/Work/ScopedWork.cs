namespace Scatterlist.Verbs;

/// <summary>One request of a <see cref="WorkScope"/>, to ask for its completion. Meaningful in that scope only.</summary>
public readonly struct ScopedWork
{
    internal ScopedWork(int tag, int version)
    {
        Tag = tag;
        Version = version;
    }

    internal int Tag { get; }

    internal int Version { get; }
}
