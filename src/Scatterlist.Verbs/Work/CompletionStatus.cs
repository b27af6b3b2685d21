namespace Scatterlist.Verbs;

/// <summary>How a work request ended (enum ibv_wc_status).</summary>
public enum CompletionStatus
{
    /// <summary>Done.</summary>
    Success = 0,

    /// <summary>The message did not fit the posted memory, or was longer than the port carries.</summary>
    LocalLengthError = 1,

    /// <summary>The queue pair found an inconsistency while it processed the request.</summary>
    LocalQueuePairOperationError = 2,

    /// <summary>Not used by the services here.</summary>
    LocalEndToEndContextError = 3,

    /// <summary>An element names memory that its key does not cover, or not with these rights.</summary>
    LocalProtectionError = 4,

    /// <summary>The queue pair was in the error state: the request was not started, or not ended.</summary>
    WorkRequestFlushedError = 5,

    /// <summary>A memory window could not be bound.</summary>
    MemoryWindowBindError = 6,

    /// <summary>The peer answered with a packet that makes no sense here.</summary>
    BadResponseError = 7,

    /// <summary>A protection error while an incoming write with immediate data was processed.</summary>
    LocalAccessError = 8,

    /// <summary>The peer cannot do this: an operation that is not enabled, a wrong length, a wrong
    /// alignment.</summary>
    RemoteInvalidRequestError = 9,

    /// <summary>The peer's key does not cover the memory, or not with these rights.</summary>
    RemoteAccessError = 10,

    /// <summary>The peer failed to complete the operation.</summary>
    RemoteOperationError = 11,

    /// <summary>No acknowledgement after all retries: the peer is gone, unreachable, or not connected to this queue
    /// pair.</summary>
    RetryExceededError = 12,

    /// <summary>The peer had no receive posted after all retries.</summary>
    RnrRetryExceededError = 13,

    /// <summary>Not used by the services here.</summary>
    LocalRddViolationError = 14,

    /// <summary>Not used by the services here.</summary>
    RemoteInvalidReadRequestError = 15,

    /// <summary>The peer aborted the operation.</summary>
    RemoteAbortedError = 16,

    /// <summary>Not used by the services here.</summary>
    InvalidEndToEndContextNumberError = 17,

    /// <summary>Not used by the services here.</summary>
    InvalidEndToEndContextStateError = 18,

    /// <summary>The device failed.</summary>
    FatalError = 19,

    /// <summary>The peer did not answer in time.</summary>
    ResponseTimeoutError = 20,

    /// <summary>Another failure; the vendor code tells more.</summary>
    GeneralError = 21,
}
