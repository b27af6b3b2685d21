using System.Collections.Concurrent;
using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <summary>A completion channel: an eventfd that counts the events that wait.</summary>
internal sealed class SoftCompletionChannel(SoftContext context) : ProviderCompletionChannel(1, context)
{
    private readonly ConcurrentQueue<SoftCompletionQueue> _events = new();
    private readonly WakeSignal _signal = WakeSignal.Create(counts: true);

    internal SoftContext Context { get; } = context;

    internal override int Descriptor => _signal.Descriptor;

    internal void Raise(SoftCompletionQueue queue)
    {
        _events.Enqueue(queue);
        _signal.Set();
    }

    internal override ProviderCompletionQueue? TryTakeEvent()
    {
        while (_signal.TryTake())
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
