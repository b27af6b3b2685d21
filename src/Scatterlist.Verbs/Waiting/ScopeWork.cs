using System.Diagnostics;

namespace Scatterlist.Verbs.Waiting;

/// <summary>The work of one scope: how much is outstanding, what failed, and the completions that were asked for.</summary>
internal sealed class ScopeWork : TrackedWork, IPooled<ScopeWork>
{
    internal const int Untold = -1;

    private const int SpinMicroseconds = 50;
    private const int SleepMilliseconds = 100; // an event ends it; this is for queues without events of ours

    private static readonly SourcePool<ScopeWork> Pool = new();
    private static int _lastVersion;

    private readonly object _gate = new(); // a monitor: it is waited on
    private Told[] _told = new Told[8];
    private int _toldCount;
    private int _outstanding;
    private int _posted;
    private int _sleepers;
    private WorkCompletion _firstFailure;
    private bool _failed;

    public ScopeWork? NextPooled { get; set; }

    /// <summary>One number for each use of any of them, from 1, so that no two scopes are taken for each
    /// other; 0 while it is in the pool.</summary>
    internal int Version { get; private set; }

    internal int Outstanding => Volatile.Read(ref _outstanding);

    internal int Posted => _posted;

    internal WorkCompletion? FirstFailure
    {
        get
        {
            lock (_gate)
                return _failed ? _firstFailure : null;
        }
    }

    internal static ScopeWork Rent()
    {
        ScopeWork work = Pool.Rent();
        work.Version = Interlocked.Increment(ref _lastVersion);
        return work;
    }

    internal void Return()
    {
        Version = 0;
        _toldCount = 0;
        _posted = 0;
        _failed = false;
        Pool.Return(this);
    }

    /// <summary>Counts work that is about to be posted.</summary>
    /// <returns>The tag by which its completion can be asked for, or <see cref="Untold"/>.</returns>
    internal int Begin(bool told, ulong id)
    {
        lock (_gate)
        {
            _outstanding++;
            _posted++;
            if (!told)
                return Untold;
            if (_toldCount == _told.Length)
                Array.Resize(ref _told, _toldCount * 2);
            _told[_toldCount] = new Told { Id = id };
            return _toldCount++;
        }
    }

    /// <summary>Takes work back that was refused. A scope is used by one thread, so its tag is the last one.</summary>
    internal void Undo(int tag)
    {
        lock (_gate)
        {
            _outstanding--;
            _posted--;
            if (tag != Untold)
                _toldCount--;
        }
    }

    internal override void OnCompleted(in WorkCompletion completion, int tag, bool isOwn)
    {
        lock (_gate)
        {
            _outstanding--;
            if (!completion.IsSuccess && !_failed)
            {
                _failed = true;
                _firstFailure = tag == Untold ? completion : completion.WithId(_told[tag].Id);
            }

            if (tag != Untold)
            {
                ref Told told = ref _told[tag];
                told.Completion = completion.WithId(told.Id);
                told.IsDone = true;
            }

            if (_sleepers != 0)
                Monitor.PulseAll(_gate);
        }
    }

    internal bool TryGet(int tag, out WorkCompletion completion)
    {
        lock (_gate)
        {
            bool done = (uint)tag < (uint)_toldCount && _told[tag].IsDone;
            completion = done ? _told[tag].Completion : default;
            return done;
        }
    }

    /// <summary>Waits for one completion, or for all with <see cref="Untold"/>: spins a little, then sleeps.</summary>
    internal bool Wait(QueuePair queuePair, int tag, TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        var spinner = new SpinWait();
        while (true)
        {
            queuePair.SendCompletionQueue.Pump(own: null);
            if (!ReferenceEquals(queuePair.SendCompletionQueue, queuePair.ReceiveCompletionQueue))
                queuePair.ReceiveCompletionQueue.Pump(own: null);
            if (IsDone(tag))
                return true;
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            if (timeout >= TimeSpan.Zero && elapsed >= timeout)
                return false;
            if (elapsed < TimeSpan.FromMicroseconds(SpinMicroseconds))
                spinner.SpinOnce(sleep1Threshold: -1);
            else
                Sleep(queuePair, tag, timeout < TimeSpan.Zero ? Timeout.InfiniteTimeSpan : timeout - elapsed);
        }
    }

    private bool IsDone(int tag) => tag == Untold ? Outstanding == 0 : TryGet(tag, out _);

    private void Sleep(QueuePair queuePair, int tag, TimeSpan left)
    {
        bool events = queuePair.SendCompletionQueue.HasHub && queuePair.ReceiveCompletionQueue.HasHub
            && queuePair.SendCompletionQueue.TryWatch(out _) && queuePair.ReceiveCompletionQueue.TryWatch(out _);
        queuePair.SendCompletionQueue.ArmAndPump(own: null);
        queuePair.ReceiveCompletionQueue.ArmAndPump(own: null);
        lock (_gate)
        {
            if (IsDone(tag))
                return;
            int most = events ? SleepMilliseconds : 1;
            if (left >= TimeSpan.Zero && left.TotalMilliseconds < most)
                most = Math.Max(1, (int)left.TotalMilliseconds);
            _sleepers++;
            Monitor.Wait(_gate, most);
            _sleepers--;
        }
    }

    private struct Told
    {
        internal ulong Id;
        internal WorkCompletion Completion;
        internal bool IsDone;
    }
}
