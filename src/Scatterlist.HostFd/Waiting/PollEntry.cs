namespace Scatterlist.HostFd.Waiting;

/// <summary>
/// One asynchronous wait: a duplicate of the descriptor (epoll(7) knows a descriptor once only, and its number must not
/// be reused meanwhile) and the task that completes with None when ready, or with the reason why not.
/// </summary>
internal sealed class PollEntry(FileDescriptor duplicate, WaiterList? owner)
    : TaskCompletionSource<Errno>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private int _completed;

    internal long Id { get; init; }

    internal FileDescriptor Duplicate { get; } = duplicate;

    /// <summary>Ends the wait, once; later calls do nothing.</summary>
    internal void Complete(Errno outcome)
    {
        if (Interlocked.Exchange(ref _completed, 1) != 0)
            return;
        DescriptorPoller.Shared.Forget(this);
        Duplicate.Dispose();
        owner?.Remove(this);
        SetResult(outcome);
    }
}
