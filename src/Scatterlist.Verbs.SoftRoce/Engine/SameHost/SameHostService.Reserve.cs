using System.Diagnostics;
using Scatterlist.HostFd;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <remarks>
/// A process without descriptors cannot accept, not even to turn somebody away, and the listening socket stays readable:
/// a thread that sleeps on it never sleeps. So one descriptor is kept in reserve, to be closed for the moment of a
/// refusal. Where that does not help either, the listener is left alone for a while.
/// </remarks>
internal sealed partial class SameHostService
{
    private static readonly long DeafTicks = Stopwatch.Frequency / 10;

    private readonly List<Listener> _deaf = [];
    private FileDescriptor? _reserve;
    private long _listensAt;

    /// <summary>When <see cref="ProcessControl"/> has something to do though nothing comes; in ticks of
    /// <see cref="Stopwatch"/>, <see cref="long.MaxValue"/> for never.</summary>
    internal long WakesAt => _deaf.Count == 0 ? long.MaxValue : _listensAt;

    private void KeepReserve()
    {
        try
        {
            _reserve ??= HostFile.Open("/dev/null", OpenFlags.ReadOnly);
        }
        catch (ScatterlistException)
        {
            // Somebody else took it. The next refusal tries again.
        }
    }

    /// <summary>Turns away who waits; false when there is nobody, or it cannot be done now.</summary>
    private bool TryRefuseByReserve(Listener listener)
    {
        bool refused = false;
        _reserve?.Dispose();
        _reserve = null;
        try
        {
            if (listener.Socket.TryAccept() is { } socket)
            {
                Refuse(socket);
                refused = true;
            }
        }
        catch (ScatterlistException)
        {
            Unwatch(listener.Id, listener.Socket);
            _deaf.Add(listener);
            _listensAt = Stopwatch.GetTimestamp() + DeafTicks;
        }

        KeepReserve();
        return refused;
    }

    private void ListenAgain()
    {
        if (_deaf.Count == 0 || Stopwatch.GetTimestamp() < _listensAt)
            return;
        KeepReserve();
        for (int i = _deaf.Count - 1; i >= 0; i--)
        {
            try
            {
                Watch(_deaf[i].Id, _deaf[i].Socket, _deaf[i]);
                _deaf.RemoveAt(i);
            }
            catch (ScatterlistException)
            {
                _listensAt = Stopwatch.GetTimestamp() + DeafTicks;
            }
        }
    }
}
