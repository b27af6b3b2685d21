namespace Scatterlist.Verbs;

/// <summary>What a completion carries (enum ibv_wc_flags).</summary>
[Flags]
public enum CompletionFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The first 40 bytes of the receive hold the global route header.</summary>
    GlobalRoute = 1,

    /// <summary>32 bits of immediate data.</summary>
    Immediate = 2,

    /// <summary>The IP checksum was verified.</summary>
    IPChecksumOk = 4,

    /// <summary>The peer invalidated a remote key.</summary>
    Invalidate = 8,
}
