namespace Scatterlist.HostFd.Waiting;

/// <summary>
/// One background thread in epoll_wait(2) for all asynchronous waits of the process, so that none of them blocks a
/// thread of the pool. Started by the first wait.
/// </summary>
internal sealed partial class DescriptorPoller
{
    internal static DescriptorPoller Shared => Holder.Instance;

    /// <summary>
    /// Completes with None when ready, ECANCELED by the token or the owner's disposal, or another errno.
    /// </summary>
    internal async ValueTask<Errno> WaitAsync(
        FileDescriptor descriptor, short events, WaiterList? owner, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Errno.ECANCELED;
        var entry = new PollEntry(descriptor.Duplicate(), owner) { Id = Interlocked.Increment(ref _nextId) };
        _entries[entry.Id] = entry;
        if (owner is not null && !owner.TryAdd(entry))
            entry.Complete(Errno.ECANCELED);
        else
            Add(entry, events);
        using (cancellationToken.UnsafeRegister(static state => ((PollEntry)state!).Complete(Errno.ECANCELED), entry))
            return await entry.Task.ConfigureAwait(false);
    }

    private static class Holder
    {
        internal static readonly DescriptorPoller Instance = new();
    }
}
