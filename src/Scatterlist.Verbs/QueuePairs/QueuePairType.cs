namespace Scatterlist.Verbs;

/// <summary>The transport service of a queue pair (enum ibv_qp_type).</summary>
public enum QueuePairType
{
    /// <summary>RC: acknowledged, in order, exactly once; sends, writes, reads and atomics.</summary>
    ReliableConnected = 2,

    /// <summary>UC: connected and in order, but lost messages stay lost; sends and writes.</summary>
    UnreliableConnected = 3,

    /// <summary>UD: single packets to any queue pair; sends only.</summary>
    UnreliableDatagram = 4,
}
