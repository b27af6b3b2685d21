using System.Collections.Concurrent;
using Scatterlist.HostFd;

namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>The device's asynchronous events that wait to be taken.</summary>
internal sealed class AsyncEvents : IDisposable
{
    // A program that never looks must not make the NIC grow: what hardware's queue would lose is lost here.
    private const int MaxWaiting = 4096;

    private readonly ConcurrentQueue<(AsyncEventType Type, NativeHandle? Element, byte Port)> _events = new();
    private readonly FileDescriptor _signal = Signals.Create(semaphore: true);

    internal int Descriptor => _signal.Value;

    public void Dispose() => _signal.Dispose();

    internal void Raise(AsyncEventType type, NativeHandle? element, byte port = 0)
    {
        if (_events.Count >= MaxWaiting)
            return;
        _events.Enqueue((type, element, port));
        EventDescriptor.TrySignal(_signal);
    }

    internal bool TryTake(out AsyncEventType type, out NativeHandle? element, out byte port)
    {
        while (EventDescriptor.TryTake(_signal))
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
