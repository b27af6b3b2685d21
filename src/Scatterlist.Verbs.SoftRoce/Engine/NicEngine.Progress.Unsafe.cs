using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Scatterlist.HostFd;
using Scatterlist.Verbs.SoftRoce.Interop;
using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Engine;

internal sealed unsafe partial class NicEngine
{
    private const int Budget = 256; // packets of a medium in one section
    private const int QuickLooks = 31; // polls between two full looks that only look for a packet on the same host
    private const int LooksInQuickOne = 4; // at the rings: far less than the call's way there and back
    private const int UdpEvery = 2; // full looks between two at a quiet UDP socket: each look there is a system call ...
    private const int UdpSeldom = 32; // ... the longer quiet, the seldomer ...
    private const int UdpRarely = 512; // ... still more where nothing was ever sent that way, nor can a stranger's come
    private const int TimersEvery = 4; // full looks that found nothing between two at the clock ...
    private const int TimersSeldom = 32; // ... or such that found something
    private const int MissesPerYield = 32; // polls that found another at work
    private const int SpinningPolls = 32; // empty polls in a row that make a program a spinning one

    private static readonly long SpinTicks = Stopwatch.Frequency / 20_000; // 50 us
    private static readonly long WatchTicks = Stopwatch.Frequency / 500; // 2 ms: how soon a program is missed

    private readonly FileDescriptor _wake = Signals.Create(semaphore: false);
    private Thread? _thread;
    private bool _stopping;
    private int _armed; // completion queues that wait for an event: their programs do not poll
    private int _emptyPolls;
    private int _misses; // roughly: whoever misses counts
    private int _mostQuickLooks = QuickLooks;
    private int _quickLooks; // that may follow before the next full one
    private bool _hasTaken; // the last quick look found a packet: a second one makes it a stream
    private int _udpSkips;
    private int _udpEvery = UdpEvery;
    private int _received; // packets of the last look
    private int _timerSkips;
    private int _timersPutOff;
    private bool _udpIsBusy;
    private long _sleepsUntil = long.MinValue; // while the thread sleeps: an earlier timer must wake it
    private bool _isAsleep; // the thread sleeps until something wakes it; cleared by who does
    private long _wakeUps;
    private bool _hasPreparedSleep; // the thread's own
    private bool _isWatching; // the thread leaves the media to a program that spins

    /// <summary>How often the thread has woken from a sleep: an idle NIC's number stands still.</summary>
    internal long WakeUps => Volatile.Read(ref _wakeUps);

    /// <summary>The NIC's own thread; null in tests that are its only driver.</summary>
    internal Thread? OwnThread => _thread;

    /// <summary>Whether the thread sleeps until something wakes it.</summary>
    internal bool IsAsleep => Volatile.Read(ref _isAsleep);

    /// <summary>Drives the NIC on, unless another thread does.</summary>
    internal void Progress() => Progress(null, null, 0);

    /// <summary>Drives the NIC on, unless another thread does. For whoever polls and found nothing.</summary>
    /// <param name="queue">The queue that was empty.</param>
    /// <param name="place">Where its completions are wanted.</param>
    /// <param name="room">How many at most.</param>
    /// <returns>How many of them have come.</returns>
    internal int Progress(SoftCompletionQueue? queue, WorkCompletion* place, int room)
    {
        if (!TryEnter())
        {
            WaitForOther();
            return 0;
        }

        bool isQuick = _quickLooks != 0;
        if (isQuick)
        {
            _quickLooks--;
            if (IsQuiet())
            {
                _hasTaken = false;
                Volatile.Write(ref _lock, 0); // there is nothing to send
                return 0;
            }
        }

        return Look(isQuick, queue, place, room);
    }

    // The other may have lost its processor inside, to this very thread.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WaitForOther()
    {
        if (++_misses % MissesPerYield == 0)
            Thread.Yield();
        else
            Thread.SpinWait(1);
    }

    // Apart, since its many locals are cleared by whatever method it is compiled into.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Look(bool isQuick, SoftCompletionQueue? queue, WorkCompletion* place, int room)
    {
        int taken = 0;
        queue?.BeginHandingOver(place, room);
        try
        {
            if (!isQuick || !TakeQuickly())
                LookFully();
        }
        finally
        {
            if (queue is not null)
                taken = queue.EndHandingOver(place);
            Exit();
        }

        return taken;
    }

    private void LookFully()
    {
        bool isSpinning = _emptyPolls >= SpinningPolls;
        bool worked = Work();
        if (worked)
            Volatile.Write(ref _emptyPolls, Math.Max(_emptyPolls, SpinningPolls)); // stays a spinning one
        else
            _emptyPolls++;

        _quickLooks = 0;
        if (isSpinning && Volatile.Read(ref _armed) == 0)
        {
            ChooseHolding(_received);
            if (!worked && !_udpIsBusy)
                _quickLooks = _mostQuickLooks;
        }
        else
        {
            StopHolding();
            PayDebts();
        }
    }

    /// <summary>
    /// Whether there is nothing to do but what a full look finds as well, a little later. A program that spins comes this
    /// way nearly always, and how long it takes is on the way of every message.
    /// </summary>
    private bool IsQuiet()
    {
        if (_pending.Count != 0 || Volatile.Read(ref _armed) != 0)
            return false;
        if (_sameHost is not { } sameHost)
            return true;
        for (int look = 0; look < LooksInQuickOne; look++)
        {
            if (!sameHost.IsQuiet)
                return false;
            Pause();
        }

        return true;
    }

    // For the other program's sake, which may be on the same core.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pause()
    {
        if (X86Base.IsSupported)
            X86Base.Pause();
        else if (ArmBase.IsSupported)
            ArmBase.Yield();
    }

    /// <summary>
    /// Takes one packet that has come on the same host, and leaves the rest for the next look. Not even a look at the
    /// next place in the ring: the line lies with the peer's processor, and the program would wait for it before it sees
    /// the packet.
    /// </summary>
    private bool TakeQuickly()
    {
        if (_pending.Count != 0 || Volatile.Read(ref _armed) != 0 || _sameHost?.TryPollOne(this) != true)
        {
            _hasTaken = false;
            return false;
        }

        if (_hasTaken)
            _quickLooks = 0; // a stream is taken many at a time
        _hasTaken = true;
        if (_pending.Count != 0)
            ChooseHolding(1);
        return true;
    }

    /// <summary>A completion queue was armed (+1), or its event was raised (-1).</summary>
    internal void NoteArmed(int change)
    {
        Interlocked.Add(ref _armed, change);
        if (change <= 0)
            return;
        Volatile.Write(ref _emptyPolls, 0); // it is about to sleep
        if (Volatile.Read(ref _isWatching))
            WakeThread();
    }

    internal void Start()
    {
        var reference = new WeakReference<NicEngine>(this);
        FileDescriptor wake = _wake;
        _thread = new Thread(() => Run(reference, wake))
        {
            IsBackground = true,
            Name = "Scatterlist soft NIC",
        };
        _thread.Start();
    }

    internal void Stop(bool wait)
    {
        Volatile.Write(ref _stopping, true);
        WakeThread();
        if (wait && _thread is not null && Thread.CurrentThread != _thread)
            _thread.Join();
        Enter();
        try
        {
            CloseMedia();
        }
        finally
        {
            Exit();
        }

        Events.Dispose();
        if (_thread is null)
            _wake.Dispose(); // else it is the thread's, which may be on its way to sleep by it
    }

    // The thread holds the NIC only while it works: a NIC that a program forgot is collected, and its finalizer wakes the
    // thread for the last time. For that the signal must not be collected with the NIC: it is the thread's.
    private static void Run(WeakReference<NicEngine> reference, FileDescriptor wake)
    {
        using FileDescriptor owned = wake;
        var wait = default(WaitPlan);
        while (reference.TryGetTarget(out NicEngine? engine) && engine.WorkUntilQuiet(ref wait))
        {
            engine = null;
            wait.Sleep();
        }
    }

    private void WakeThread() => EventDescriptor.TrySignal(_wake);

    private bool UsesUdp => _udpPaths.Count != 0 || _hasDatagrams;

    /// <summary>One look at every medium and the timers. Under the lock.</summary>
    private bool Work()
    {
        int packets = PollSameHost(Budget);
        if (_udpIsBusy || ++_udpSkips >= _udpEvery)
        {
            _udpSkips = 0;
            int received = PollUdp(Budget);
            _udpIsBusy = received > 0 || (_udpIsBusy && packets == 0);
            _udpEvery = received > 0 ? UdpEvery : Math.Min(_udpEvery * 2, UsesUdp ? UdpSeldom : UdpRarely);
            packets += received;
        }

        _received = packets;
        if (_earliest != long.MaxValue && (_timerSkips += packets == 0 ? TimersSeldom / TimersEvery : 1) >= TimersSeldom)
        {
            _timerSkips = 0;
            if (Now >= _earliest)
                packets += RunTimersWhenDrained();
        }

        return packets > 0 || _pending.Count > 0;
    }

    /// <summary>
    /// Before a deadline is held against a peer, what it has sent is looked at: who had no processor for a while finds
    /// both at once, the answers and the deadlines. A flood puts the timers off, but not for ever.
    /// </summary>
    private int RunTimersWhenDrained()
    {
        const int MostPutOffs = 16;
        int packets = PollUdp(Budget);
        if (packets >= Budget && ++_timersPutOff < MostPutOffs)
            return packets;
        _timersPutOff = 0;
        RunTimers(Now);
        return packets;
    }

    /// <summary>Works on until there is nothing to do, and plans the sleep. False: the NIC is closed.</summary>
    private bool WorkUntilQuiet(ref WaitPlan wait)
    {
        Volatile.Write(ref _sleepsUntil, long.MinValue);
        Volatile.Write(ref _wakeUps, _wakeUps + 1);
        EventDescriptor.TryTake(_wake);
        if (_hasPreparedSleep)
            EndSleep();
        long quietSince = Now;
        while (true)
        {
            if (Volatile.Read(ref _stopping))
                return false;
            if (Volatile.Read(ref _emptyPolls) >= SpinningPolls && Volatile.Read(ref _armed) == 0)
            {
                // A program spins on its queues and drives the NIC itself. The thread keeps out of its way and looks
                // now and then whether it still does.
                Volatile.Write(ref _emptyPolls, 0);
                Volatile.Write(ref _isWatching, true);
                if (Volatile.Read(ref _armed) == 0)
                {
                    wait.Plan(_wake.Value, WatchTicks);
                    return true;
                }
            }

            Volatile.Write(ref _isWatching, false);
            bool worked;
            Enter();
            try
            {
                if (Volatile.Read(ref _stopping))
                    return false; // a finalizer does not wait for this thread: it may have closed everything
                _udpSkips = UdpRarely; // the thread always looks at everything
                _timerSkips = TimersSeldom;
                StopHolding();
                worked = Work();
                PayDebts();
                _sameHost?.ProcessControl();
                if (!worked && Now - quietSince > SpinTicks && TryPrepareSleep(ref wait))
                    return true;
            }
            finally
            {
                Exit();
            }

            if (worked)
                quietSince = Now;
            else
                Thread.SpinWait(20);
        }
    }

    // From here on nobody needs to wake the thread: it works, or a program drives the NIC instead of it.
    private void EndSleep()
    {
        _hasPreparedSleep = false;
        Enter();
        _isAsleep = false;
        _sameHost?.CancelSleep();
        Exit();
    }

    private bool TryPrepareSleep(ref WaitPlan wait)
    {
        if (_pending.Count != 0 || !PrepareToSleep())
            return false;
        _isAsleep = true;
        _hasPreparedSleep = true;
        long due = Math.Min(_earliest, _sameHost?.WakesAt ?? long.MaxValue);
        Volatile.Write(ref _sleepsUntil, due);
        wait.Plan(_wake.Value, due == long.MaxValue ? -1 : Math.Max(0, due - Now));
        AddDescriptors(ref wait);
        return true;
    }

    private struct WaitPlan
    {
        private const int MaxDescriptors = 16;

        private fixed int _descriptors[MaxDescriptors];
        private int _count;
        private long _ticks; // negative: until something comes

        internal void Plan(int wake, long ticks)
        {
            _count = 0;
            _ticks = ticks;
            Add(wake);
        }

        internal void Add(int descriptor)
        {
            if (_count < MaxDescriptors)
                _descriptors[_count++] = descriptor;
        }

        internal readonly void Sleep()
        {
            PollDescriptor* polled = stackalloc PollDescriptor[MaxDescriptors];
            for (int i = 0; i < _count; i++)
                polled[i] = new PollDescriptor { Descriptor = _descriptors[i], Events = WaitCalls.PollIn };
            long nanoseconds = (long)(_ticks * (1e9 / Stopwatch.Frequency));
            var timeout = new TimeSpec { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
            _ = WaitCalls.PPoll(polled, (nuint)_count, _ticks < 0 ? null : &timeout, null);
        }
    }
}
