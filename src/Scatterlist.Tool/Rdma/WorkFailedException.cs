using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma;

/// <summary>A work request ended badly.</summary>
internal sealed class WorkFailedException : IOException
{
    internal WorkFailedException(WorkCompletion completion)
        : base($"a work request on queue pair 0x{completion.QueuePairNumber:x6} failed: {completion.Status}"
            + $"{(completion.VendorError == 0 ? "" : $" (vendor code 0x{completion.VendorError:x})")}{Hint(completion.Status)}")
    {
    }

    internal WorkFailedException(string what, Errno errno)
        : base($"posting {what} failed: {errno}")
    {
    }

    private static string Hint(CompletionStatus status) => status switch
    {
        CompletionStatus.RetryExceededError => ": the peer is gone, or its packets do not come through",
        CompletionStatus.RnrRetryExceededError => ": the peer posts no receives",
        CompletionStatus.RemoteAccessError => ": the peer does not allow that",
        _ => "",
    };
}
