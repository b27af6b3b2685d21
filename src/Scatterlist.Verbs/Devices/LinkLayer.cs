namespace Scatterlist.Verbs;

/// <summary>What a port's link is made of.</summary>
public enum LinkLayer
{
    /// <summary>Not said.</summary>
    Unspecified = 0,

    /// <summary>InfiniBand.</summary>
    InfiniBand = 1,

    /// <summary>Ethernet: addresses are GIDs.</summary>
    Ethernet = 2,
}
