using Scatterlist.HostFd.Waiting;
using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs.Waiting;

/// <summary>
/// A context's own completion channel, for all completion queues that the program gave none. Its events, taken on the
/// event loop's thread, drive what is awaited. It lives as long as the context or one of the queues.
/// </summary>
internal sealed class EventHub : DescriptorWatcher
{
    private readonly Lock _lock = new();
    private int _references = 1;
    private bool _watched;

    internal EventHub(ProviderCompletionChannel channel) => Channel = channel;

    ~EventHub()
    {
        // Lost, with its channel, which closes the descriptor by itself: another may have its number already.
        if (_watched)
            WatchLoop.Shared.Forget(this);
    }

    internal ProviderCompletionChannel Channel { get; }

    internal void AddReference() => Interlocked.Increment(ref _references);

    internal void Release()
    {
        if (Interlocked.Decrement(ref _references) != 0)
            return;
        lock (_lock)
        {
            if (_watched && Channel.TryHold())
            {
                WatchLoop.Shared.Remove(Channel.Descriptor, this);
                Channel.DangerousRelease();
            }

            _watched = false;
            Channel.Dispose();
        }
    }

    /// <summary>Starts the watch with the first queue that waits: who only polls needs no thread.</summary>
    internal void EnsureWatched()
    {
        if (Volatile.Read(ref _watched))
            return;
        lock (_lock)
        {
            if (_watched || !Channel.TryHold())
                return;
            try
            {
                WatchLoop.Shared.Add(Channel.Descriptor, this);
                Volatile.Write(ref _watched, true);
            }
            finally
            {
                Channel.DangerousRelease();
            }
        }
    }

    internal override void OnReadable()
    {
        if (!Channel.TryHold())
            return;
        try
        {
            while (Channel.TryTakeEvent() is { } queue)
                (queue.Owner as CompletionQueue)?.OnEvent();
        }
        finally
        {
            Channel.DangerousRelease();
        }
    }
}
