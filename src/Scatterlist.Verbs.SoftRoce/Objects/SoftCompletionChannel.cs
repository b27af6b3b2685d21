using System.Collections.Concurrent;
using Scatterlist.HostFd;
using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <summary>A completion channel: an eventfd that counts the events that wait.</summary>
internal sealed class SoftCompletionChannel(SoftContext context) : ProviderCompletionChannel(1, context)
{
    private readonly ConcurrentQueue<SoftCompletionQueue> _events = new();
    private readonly FileDescriptor _signal = Signals.Create(semaphore: true);

    internal SoftContext Context { get; } = context;

    internal override int Descriptor => _signal.Value;

    internal void Raise(SoftCompletionQueue queue)
    {
        _events.Enqueue(queue);
        EventDescriptor.TrySignal(_signal);
    }

    internal override ProviderCompletionQueue? TryTakeEvent()
    {
        while (EventDescriptor.TryTake(_signal))
        {
            // A disposed queue that queue pairs still keep has work that somebody may wait for.
            if (_events.TryDequeue(out SoftCompletionQueue? queue) && !queue.IsClosed)
                return queue;
        }

        return null;
    }

    protected override bool ReleaseNative()
    {
        _signal.Dispose();
        return true;
    }
}
