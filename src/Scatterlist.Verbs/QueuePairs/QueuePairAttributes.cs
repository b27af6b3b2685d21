namespace Scatterlist.Verbs;

/// <summary>
/// A queue pair's attributes (struct ibv_qp_attr), for full control: <see cref="QueuePairAttributeMask"/> says
/// which of
/// them a modify sets.
/// </summary>
public record struct QueuePairAttributes
{
    /// <summary>The state.</summary>
    public QueuePairState State { get; set; }

    /// <summary>The state that the caller believes the queue pair is in.</summary>
    public QueuePairState CurrentState { get; set; }

    /// <summary>The payload of a packet.</summary>
    public Mtu PathMtu { get; set; }

    /// <summary>The queue key of a datagram queue pair.</summary>
    public uint QueueKey { get; set; }

    /// <summary>The first packet sequence number that is expected, 24 bits.</summary>
    public uint ReceivePsn { get; set; }

    /// <summary>The first packet sequence number that is sent, 24 bits.</summary>
    public uint SendPsn { get; set; }

    /// <summary>The peer's queue pair number, 24 bits.</summary>
    public uint DestinationQueuePairNumber { get; set; }

    /// <summary>What peers may do through this queue pair.</summary>
    public AccessFlags AccessFlags { get; set; }

    /// <summary>The sizes of the queues; a query fills them.</summary>
    public QueuePairCapabilities Capabilities { get; set; }

    /// <summary>The path to the peer.</summary>
    public AddressHandleAttributes AddressVector { get; set; }

    /// <summary>The index of the partition key.</summary>
    public ushort PartitionKeyIndex { get; set; }

    /// <summary>Whether reaching the drained state raises an event.</summary>
    public bool EnableDrainedEvent { get; set; }

    /// <summary>Whether the send queue is being drained; a query fills it.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Outstanding reads and atomics as requester.</summary>
    public byte MaxReadAtomic { get; set; }

    /// <summary>Outstanding reads and atomics as responder.</summary>
    public byte MaxDestinationReadAtomic { get; set; }

    /// <summary>The code of the wait that a receiver-not-ready answer asks for, 0 to 31.</summary>
    public byte MinRnrTimer { get; set; }

    /// <summary>The port, from 1.</summary>
    public byte Port { get; set; }

    /// <summary>The acknowledgement timeout as 4.096 us * 2^n, 1 to 31; 0: never.</summary>
    public byte Timeout { get; set; }

    /// <summary>Retries after a timeout, 0 to 7.</summary>
    public byte RetryCount { get; set; }

    /// <summary>Retries after a receiver-not-ready answer, 0 to 6; 7: without end.</summary>
    public byte RnrRetry { get; set; }
}
