namespace Scatterlist.Verbs;

/// <summary>Asynchronous events of a device (enum ibv_event_type; ibv_get_async_event(3)).</summary>
public enum AsyncEventType
{
    /// <summary>A completion queue overflowed.</summary>
    CompletionQueueError = 0,

    /// <summary>A queue pair failed.</summary>
    QueuePairFatal = 1,

    /// <summary>A peer made an invalid request.</summary>
    QueuePairRequestError = 2,

    /// <summary>A peer violated the access rights.</summary>
    QueuePairAccessError = 3,

    /// <summary>The first packet arrived before the queue pair was ready to send.</summary>
    CommunicationEstablished = 4,

    /// <summary>The send queue is drained.</summary>
    SendQueueDrained = 5,

    /// <summary>The path migrated.</summary>
    PathMigrated = 6,

    /// <summary>The path could not migrate.</summary>
    PathMigrationError = 7,

    /// <summary>The device failed.</summary>
    DeviceFatal = 8,

    /// <summary>A port became active.</summary>
    PortActive = 9,

    /// <summary>A port went down.</summary>
    PortError = 10,

    /// <summary>A port's LID changed.</summary>
    LidChange = 11,

    /// <summary>A port's partition keys changed.</summary>
    PKeyChange = 12,

    /// <summary>The subnet manager changed.</summary>
    SubnetManagerChange = 13,

    /// <summary>A shared receive queue failed.</summary>
    SharedReceiveQueueError = 14,

    /// <summary>A shared receive queue fell below its limit.</summary>
    SharedReceiveQueueLimitReached = 15,

    /// <summary>A queue pair in error took its last entry of a shared receive queue.</summary>
    QueuePairLastWorkRequestReached = 16,

    /// <summary>The subnet manager asks for a new registration.</summary>
    ClientReregister = 17,

    /// <summary>A port's GIDs changed.</summary>
    GidChange = 18,

    /// <summary>A work queue failed.</summary>
    WorkQueueFatal = 19,
}
