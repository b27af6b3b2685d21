namespace Scatterlist.Verbs;

/// <summary>What completion statuses mean.</summary>
public static class CompletionStatusExtensions
{
    /// <summary>What kind of trouble it is.</summary>
    public static WorkErrorClass GetErrorClass(this CompletionStatus status) => status switch
    {
        CompletionStatus.Success => WorkErrorClass.None,
        CompletionStatus.LocalLengthError or CompletionStatus.LocalQueuePairOperationError
            or CompletionStatus.LocalProtectionError or CompletionStatus.LocalAccessError
            or CompletionStatus.MemoryWindowBindError => WorkErrorClass.LocalProgrammingError,
        CompletionStatus.LocalEndToEndContextError or CompletionStatus.InvalidEndToEndContextNumberError
            or CompletionStatus.InvalidEndToEndContextStateError => WorkErrorClass.LocalResourceError,
        CompletionStatus.RemoteInvalidRequestError or CompletionStatus.RemoteAccessError
            or CompletionStatus.RemoteOperationError or CompletionStatus.RemoteInvalidReadRequestError
            or CompletionStatus.RemoteAbortedError => WorkErrorClass.RemoteError,
        CompletionStatus.BadResponseError or CompletionStatus.LocalRddViolationError => WorkErrorClass.TransportError,
        CompletionStatus.RetryExceededError or CompletionStatus.RnrRetryExceededError
            or CompletionStatus.ResponseTimeoutError => WorkErrorClass.Timeout,
        CompletionStatus.WorkRequestFlushedError => WorkErrorClass.Flushed,
        CompletionStatus.FatalError => WorkErrorClass.Fatal,
        _ => WorkErrorClass.Unknown,
    };

    /// <summary>Where to look, as a sentence.</summary>
    public static string GetHint(this CompletionStatus status) => status switch
    {
        CompletionStatus.Success => "The work succeeded.",
        CompletionStatus.LocalLengthError =>
            "The message is longer than the receive that took it, or than the path allows.",
        CompletionStatus.LocalQueuePairOperationError =>
            "The queue pair cannot do this: its type, its state, its limits, or its path.",
        CompletionStatus.LocalProtectionError =>
            "An element names memory that is not registered, not in this domain, or lacks the right.",
        CompletionStatus.WorkRequestFlushedError =>
            "The queue pair is in the error state: the first completion that failed tells why.",
        CompletionStatus.MemoryWindowBindError => "The window's region lacks MemoryWindowBind, or its rights.",
        CompletionStatus.BadResponseError => "The peer's answer fits no request: check queue pair numbers and PSNs.",
        CompletionStatus.LocalAccessError => "A write with immediate data reached memory that it may not.",
        CompletionStatus.RemoteInvalidRequestError =>
            "The peer did not understand or allow the request: longer than its receive, a wrong operation, not aligned.",
        CompletionStatus.RemoteAccessError =>
            "The peer's region does not allow it: check its key, its rights, its range, its domain, and the access of "
            + "its queue pair.",
        CompletionStatus.RemoteOperationError => "The peer could not finish the request: look at its own completions.",
        CompletionStatus.RetryExceededError =>
            "The peer did not acknowledge: is it connected to this queue pair, reachable, and its program alive? Check "
            + "GIDs, queue pair numbers and the MTU on the way, or raise the ack timeout and retries.",
        CompletionStatus.RnrRetryExceededError =>
            "The peer had no receive posted for too long: post receives before the peer sends, or raise the RNR retries.",
        CompletionStatus.RemoteInvalidReadRequestError => "The peer does not answer reads like this one.",
        CompletionStatus.RemoteAbortedError => "The peer gave up on the operation.",
        CompletionStatus.FatalError => "The device or the completion queue failed: open it anew.",
        CompletionStatus.ResponseTimeoutError => "No response came in time.",
        CompletionStatus.GeneralError => "The device gives no cause; see the vendor error.",
        _ => "Of queue pair types that are not used here.",
    };
}
