namespace Scatterlist.Verbs;

/// <summary>What a work request of the send queue does (enum ibv_wr_opcode).</summary>
public enum WorkRequestOpcode
{
    /// <summary>Writes to the peer's memory.</summary>
    RdmaWrite = 0,

    /// <summary>Writes, then completes one of the peer's receives with 32 bits of data.</summary>
    RdmaWriteWithImmediate = 1,

    /// <summary>Sends into one of the peer's receives.</summary>
    Send = 2,

    /// <summary>Sends, with 32 bits of data in the completion.</summary>
    SendWithImmediate = 3,

    /// <summary>Reads the peer's memory.</summary>
    RdmaRead = 4,

    /// <summary>Swaps 8 bytes of the peer's memory if they equal a value; the old value comes back.</summary>
    CompareAndSwap = 5,

    /// <summary>Adds to 8 bytes of the peer's memory; the old value comes back.</summary>
    FetchAndAdd = 6,

    /// <summary>Invalidates a local key.</summary>
    LocalInvalidate = 7,

    /// <summary>Binds a memory window.</summary>
    BindMemoryWindow = 8,

    /// <summary>Sends, and invalidates one of the peer's remote keys.</summary>
    SendWithInvalidate = 9,
}
