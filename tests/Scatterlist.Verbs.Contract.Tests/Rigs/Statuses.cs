namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>Statuses that devices disagree about.</summary>
internal static class Statuses
{
    /// <summary>A bad local key or element: the specification says protection error, rdma_rxe flushes the work or
    /// reports a failed operation.</summary>
    internal static void AssertLocalFailure(CompletionStatus status) => Assert.Contains(
        status,
        (CompletionStatus[])
        [
            CompletionStatus.LocalProtectionError, CompletionStatus.LocalQueuePairOperationError,
            CompletionStatus.WorkRequestFlushedError,
        ]);

    /// <summary>A message longer than the receive, as the receiver sees it.</summary>
    internal static void AssertTooLongHere(CompletionStatus status) => Assert.Contains(
        status,
        (CompletionStatus[])[CompletionStatus.LocalLengthError, CompletionStatus.LocalQueuePairOperationError]);

    /// <summary>A message longer than the receive, as the sender sees it.</summary>
    internal static void AssertTooLongThere(CompletionStatus status) => Assert.Contains(
        status,
        (CompletionStatus[])[CompletionStatus.RemoteInvalidRequestError, CompletionStatus.RemoteOperationError]);
}
