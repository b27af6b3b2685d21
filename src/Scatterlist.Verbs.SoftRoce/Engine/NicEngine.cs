using System.Diagnostics;
using System.Runtime.CompilerServices;
using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>
/// The soft NIC's works: one lock, the queue pairs, the media, and progress. Whoever polls a completion queue drives the
/// NIC; where nobody polls, its own thread does, and sleeps when there is nothing to do.
/// </summary>
/// <remarks>
/// One lock for the whole NIC: a queue pair's state, the regions and the media all meet in every packet, and a lock of
/// their own each would cost more per packet than they could win. Programs that want more cores open more NICs.
/// </remarks>
internal sealed partial class NicEngine : IPacketHandler
{
    private const int SpinsBeforeYield = 60;

    private readonly List<PacketPath> _dirty = [];
    private readonly Queue<NicQueuePair> _pending = new();
    private readonly List<PacketPath> _crowded = []; // queue pairs wait for room in them
    private int _lock;

    internal RegionTable Regions { get; } = new();

    internal AsyncEvents Events { get; } = new();

    /// <summary>The clock of all timers, in ticks of <see cref="Stopwatch"/>.</summary>
    internal long Now => Clock is null ? Stopwatch.GetTimestamp() : Clock();

    /// <summary>Time of another kind, for tests that do not want to wait for it: it may move with every look.</summary>
    internal Func<long>? Clock
    {
        get;
        set
        {
            field = value;
            _mostQuickLooks = value is null ? QuickLooks : 0;
        }
    }

    /// <summary>Another medium than the NIC's own, for tests that lose, double and reorder packets at will.</summary>
    internal Func<AddressHandleAttributes, PacketPath?>? Medium { get; set; }

    internal void Enter()
    {
        if (Interlocked.CompareExchange(ref _lock, 1, 0) != 0)
            EnterSlowly();
    }

    internal bool TryEnter() => Volatile.Read(ref _lock) == 0 && Interlocked.CompareExchange(ref _lock, 1, 0) == 0;

    /// <summary>Sends what the section produced, then lets the next one in.</summary>
    internal void Exit()
    {
        try
        {
            if (_crowded.Count != 0)
                ServeWaiting();
            if (_pending.Count > _heldBack)
                Transmit();
            if (_dirty.Count != 0)
                FlushPaths();
            if (_isAsleep && (_pending.Count != 0 || _owing.Count != 0 || HasBlockedPort()))
                HandOver();
        }
        finally
        {
            Volatile.Write(ref _lock, 0);
        }
    }

    /// <summary>The queue pair has something to send: it is asked to in this section or at the next progress.</summary>
    internal void MarkPending(NicQueuePair queuePair)
    {
        _heldBack = 0; // there may be more now than was held back
        if (queuePair.IsPending)
            return;
        queuePair.IsPending = true;
        _pending.Enqueue(queuePair);
    }

    /// <summary>The path holds packets that the end of this section flushes.</summary>
    internal void MarkDirty(PacketPath path)
    {
        if (path.IsDirty)
            return;
        path.IsDirty = true;
        _dirty.Add(path);
    }

    internal void Raise(AsyncEventType type, NativeHandle? element) => Events.Raise(type, element);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterSlowly()
    {
        // Sections are short. A thread that loses its processor inside one is waited for by yielding, never by a sleep:
        // the holder may be on this very core.
        for (int spins = 0; ; spins++)
        {
            if (Volatile.Read(ref _lock) == 0 && Interlocked.CompareExchange(ref _lock, 1, 0) == 0)
                return;
            if (spins < SpinsBeforeYield)
                Thread.SpinWait(8);
            else
                Thread.Yield();
        }
    }

    // Each pending queue pair gets one turn; one that has more to send, or found no room, queues up again.
    private void Transmit()
    {
        int held = 0;
        for (int turns = _pending.Count; turns > 0; turns--)
        {
            NicQueuePair queuePair = _pending.Dequeue();
            if (_holdsBack && queuePair.OnlyAcknowledges)
            {
                _pending.Enqueue(queuePair);
                held++;
                continue;
            }

            queuePair.IsPending = false;
            Transmit(queuePair);
        }

        _heldBack = held;
    }

    private void Transmit(NicQueuePair queuePair)
    {
        queuePair.BlockedOn = null;
        if (!queuePair.Transmit())
            return;
        if (queuePair.BlockedOn is not { } full)
        {
            MarkPending(queuePair);
        }
        else if (queuePair.WaitsFor != full)
        {
            queuePair.WaitsFor = full;
            if (full.Waiting.Count == 0 && !_crowded.Contains(full))
                _crowded.Add(full);
            full.Waiting.Enqueue(queuePair);
        }
    }

    // Who waits comes before those that have just got something to send: else one whose acknowledgements make the room
    // takes it all. Nobody who waits keeps the thread awake, whether the peer is slow or has been stopped for good.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ServeWaiting()
    {
        for (int i = _crowded.Count - 1; i >= 0; i--)
        {
            PacketPath path = _crowded[i];
            for (int turns = path.Waiting.Count; turns > 0 && path.HasRoom; turns--)
            {
                NicQueuePair queuePair = path.Waiting.Dequeue();
                if (queuePair.WaitsFor != path)
                    continue; // it was reset meanwhile
                queuePair.WaitsFor = null;
                Transmit(queuePair);
            }

            if (path.Waiting.Count == 0)
                _crowded.RemoveAt(i);
        }
    }

    // What a section could not finish is the thread's, where no program is known to spin: nothing else may come to wake it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HandOver()
    {
        _isAsleep = false;
        WakeThread();
    }

    private void FlushPaths()
    {
        for (int i = 0; i < _dirty.Count; i++)
        {
            _dirty[i].IsDirty = false;
            _dirty[i].Flush();
        }

        _dirty.Clear();
    }
}
