using System.Collections.Concurrent;

namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>The device's asynchronous events that wait to be taken.</summary>
internal sealed class AsyncEvents : IDisposable
{
    // A program that never looks must not make the NIC grow: what hardware's queue would lose is lost here.
    private const int MaxWaiting = 4096;

    private readonly ConcurrentQueue<(AsyncEventType Type, NativeHandle? Element, byte Port)> _events = new();
    private readonly WakeSignal _signal = WakeSignal.Create(counts: true);

    internal int Descriptor => _signal.Descriptor;

    public void Dispose() => _signal.Dispose();

    internal void Raise(AsyncEventType type, NativeHandle? element, byte port = 0)
    {
        if (_events.Count >= MaxWaiting)
            return;
        _events.Enqueue((type, element, port));
        _signal.Set();
    }

    internal bool TryTake(out AsyncEventType type, out NativeHandle? element, out byte port)
    {
        while (_signal.TryTake())
        {
            if (!_events.TryDequeue(out (AsyncEventType Type, NativeHandle? Element, byte Port) taken))
                continue;
            if (taken.Element is { IsDisposed: true })
                continue; // as with ibv_destroy_qp: events of destroyed objects are gone
            (type, element, port) = taken;
            return true;
        }

        (type, element, port) = (default, null, 0);
        return false;
    }
}
