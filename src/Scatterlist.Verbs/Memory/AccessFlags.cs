namespace Scatterlist.Verbs;

/// <summary>What the device and peers may do with a region, or through a queue pair (enum
/// ibv_access_flags).</summary>
[Flags]
public enum AccessFlags
{
    /// <summary>The device may read for local sends; nothing else.</summary>
    None = 0,

    /// <summary>The device may write: receives, reads' results. Required with remote writes and atomics.</summary>
    LocalWrite = 1,

    /// <summary>Peers may write.</summary>
    RemoteWrite = 2,

    /// <summary>Peers may read.</summary>
    RemoteRead = 4,

    /// <summary>Peers may do atomics.</summary>
    RemoteAtomic = 8,

    /// <summary>Memory windows may be bound.</summary>
    MemoryWindowBind = 16,

    /// <summary>Addresses count from 0 at the region's start.</summary>
    ZeroBased = 32,

    /// <summary>Pages are not pinned; the device faults them in.</summary>
    OnDemand = 64,

    /// <summary>The memory is of huge pages.</summary>
    HugePages = 128,

    /// <summary>Peers may flush to global visibility.</summary>
    FlushGlobal = 256,

    /// <summary>Peers may flush to persistence.</summary>
    FlushPersistent = 512,

    /// <summary>The device may reorder its writes to memory.</summary>
    RelaxedOrdering = 1048576,
}
