namespace Scatterlist.Verbs;

/// <summary>Which attributes a modify or query names (enum ibv_qp_attr_mask).</summary>
[Flags]
public enum QueuePairAttributeMask
{
    /// <summary>The state to go to.</summary>
    State = 1 << 0,

    /// <summary>The state that the caller believes the queue pair is in.</summary>
    CurrentState = 1 << 1,

    /// <summary>Whether reaching the drained state raises an event.</summary>
    EnableDrainedEvent = 1 << 2,

    /// <summary>What peers may do.</summary>
    AccessFlags = 1 << 3,

    /// <summary>The index of the partition key.</summary>
    PKeyIndex = 1 << 4,

    /// <summary>The port.</summary>
    Port = 1 << 5,

    /// <summary>The queue key of a datagram queue pair.</summary>
    QKey = 1 << 6,

    /// <summary>The path to the peer.</summary>
    AddressVector = 1 << 7,

    /// <summary>The payload of a packet.</summary>
    PathMtu = 1 << 8,

    /// <summary>The acknowledgement timeout.</summary>
    Timeout = 1 << 9,

    /// <summary>Retries after a timeout.</summary>
    RetryCount = 1 << 10,

    /// <summary>Retries after a receiver-not-ready answer.</summary>
    RnrRetry = 1 << 11,

    /// <summary>The first packet sequence number that is expected.</summary>
    ReceivePsn = 1 << 12,

    /// <summary>Outstanding reads and atomics as requester.</summary>
    MaxReadAtomic = 1 << 13,

    /// <summary>The alternate path.</summary>
    AlternatePath = 1 << 14,

    /// <summary>The wait that a receiver-not-ready answer asks for.</summary>
    MinRnrTimer = 1 << 15,

    /// <summary>The first packet sequence number that is sent.</summary>
    SendPsn = 1 << 16,

    /// <summary>Outstanding reads and atomics as responder.</summary>
    MaxDestinationReadAtomic = 1 << 17,

    /// <summary>The state of path migration.</summary>
    PathMigrationState = 1 << 18,

    /// <summary>The sizes of the queues.</summary>
    Capabilities = 1 << 19,

    /// <summary>The peer's queue pair number.</summary>
    DestinationQueuePairNumber = 1 << 20,
}
