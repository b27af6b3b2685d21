namespace Scatterlist.Verbs;

/// <summary>What completed (enum ibv_wc_opcode).</summary>
public enum CompletionOpcode
{
    /// <summary>A send.</summary>
    Send = 0,

    /// <summary>A write.</summary>
    RdmaWrite = 1,

    /// <summary>A read.</summary>
    RdmaRead = 2,

    /// <summary>A compare-and-swap.</summary>
    CompareAndSwap = 3,

    /// <summary>A fetch-and-add.</summary>
    FetchAndAdd = 4,

    /// <summary>The binding of a memory window.</summary>
    BindMemoryWindow = 5,

    /// <summary>A local invalidation.</summary>
    LocalInvalidate = 6,

    /// <summary>A receive that a send filled.</summary>
    Receive = 128,

    /// <summary>A receive that a write with immediate data consumed; the bytes are where the write put
    /// them.</summary>
    ReceiveRdmaWithImmediate = 129,
}
