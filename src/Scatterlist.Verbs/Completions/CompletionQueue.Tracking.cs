using System.Runtime.InteropServices;
using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.Waiting;

namespace Scatterlist.Verbs;

/// <summary>
/// Completions that somebody waits for. From the first such work on, every poll sorts: tracked completions go to who
/// waits, others to the caller, or to a store until the program polls.
/// </summary>
public sealed partial class CompletionQueue
{
    private const int ScratchLength = 32;

    private readonly Lock _lock = new();
    private readonly CompletionStore _store = new();
    private WorkTable? _table;
    private WorkCompletion[]? _scratch;
    private GCHandle _root; // this, while somebody waits: nothing else need hold a queue that is only awaited
    private int _capacity;
    private bool _isTracking;
    private bool _armed;
    private bool _hubReleased;

    /// <summary>Frees what is left of the root; the native object has a finalizer of its own.</summary>
    ~CompletionQueue()
    {
        if (_root.IsAllocated)
            _root.Free();
    }

    /// <summary>Whether events can be waited for: the program did not keep them to itself.</summary>
    internal bool HasHub => _hub is not null;

    /// <summary>Lets the queue go; its queue pairs keep it. Waits for it end with an exception. Idempotent.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _provider.Dispose();
            EndWaits(new ObjectDisposedException(nameof(CompletionQueue)));
            Settle();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Puts work on the list of those that are waited for.</summary>
    /// <returns>None; ENOMEM: as many as the queue holds are; EBADF: the queue, which would have no events, or the queue
    /// pair is disposed.</returns>
    internal Errno Track(TrackedWork work, int tag, ProviderQueuePair queuePair, out ulong id)
    {
        id = 0;
        if (!queuePair.TryHold())
            return Errno.EBADF;
        lock (_lock)
        {
            WorkTable table = StartTracking();
            Errno errno = _provider.IsDisposed ? Errno.EBADF : table.Count >= _capacity ? Errno.ENOMEM : Errno.None;
            if (errno != Errno.None)
            {
                queuePair.DangerousRelease();
                return errno;
            }

            id = table.Add(work, tag, queuePair);
            Settle();
            return Errno.None;
        }
    }

    /// <summary>Takes work off again that was not posted.</summary>
    internal void Untrack(ulong id)
    {
        lock (_lock)
        {
            if (_table!.TryRemove(id, out _, out _, out ProviderQueuePair? queuePair))
                queuePair!.DangerousRelease();
            Settle();
        }
    }

    /// <summary>Whether somebody waits for work of the queue pair.</summary>
    internal bool Tracks(ProviderQueuePair queuePair)
    {
        lock (_lock)
            return _table is not null && _table.Find(queuePair) != 0;
    }

    /// <summary>Completes the queue pair's work as flushed: the device has dropped it.</summary>
    internal void Flush(ProviderQueuePair queuePair)
    {
        Pump(own: null); // what did complete says how
        lock (_lock)
            CompleteAll(queuePair, CompletionStatus.WorkRequestFlushedError);
    }

    /// <summary>Takes what has completed and gives it to who waits.</summary>
    /// <param name="own">Work that this thread has just posted, or null.</param>
    internal void Pump(TrackedWork? own)
    {
        if (!_provider.TryHoldDisposed())
            return;
        try
        {
            lock (_lock)
                PumpLocked(own);
        }
        finally
        {
            _provider.DangerousRelease();
        }
    }

    /// <summary>Makes sure that events are taken, before the first wait for one. False: the system has no room for that.
    /// </summary>
    internal bool TryWatch(out Exception? refused)
    {
        refused = null;
        try
        {
            _hub?.EnsureWatched();
            return true;
        }
        catch (ScatterlistException e)
        {
            refused = e;
            return false;
        }
    }

    /// <summary>Makes sure that an event comes for what has not completed yet, and takes what has.</summary>
    internal void ArmAndPump(TrackedWork? own)
    {
        if (_hub is null || !_provider.TryHoldDisposed())
            return;
        try
        {
            lock (_lock)
            {
                if (_armed || !IsWaitedFor)
                    return;
                Arm();
                PumpLocked(own); // what came before the request makes no event
            }
        }
        finally
        {
            _provider.DangerousRelease();
        }
    }

    /// <summary>An event came, on the event loop's thread.</summary>
    internal void OnEvent()
    {
        if (!_provider.TryHoldDisposed())
            return;
        try
        {
            lock (_lock)
            {
                _armed = false;
                PumpLocked(own: null);
                if (!IsWaitedFor)
                    return;
                Arm();
                PumpLocked(own: null);
            }
        }
        finally
        {
            _provider.DangerousRelease();
        }
    }

    private bool IsWaitedFor => _table is { Count: > 0 } || HasWaits;

    private void Arm()
    {
        Errno errno = _provider.RequestNotification(solicitedOnly: false);
        _armed = errno == Errno.None;
        if (_armed)
            return;

        // No event will come, so no wait would end.
        PumpLocked(own: null);
        CompleteAll(null, CompletionStatus.FatalError);
        EndWaits(new VerbsException("ibv_req_notify_cq", errno));
        Settle();
    }

    private WorkTable StartTracking()
    {
        if (_table is null)
        {
            _table = new WorkTable();
            _scratch = new WorkCompletion[ScratchLength];
            Volatile.Write(ref _isTracking, true);
        }

        return _table;
    }

    private int PollTracked(Span<WorkCompletion> completions)
    {
        lock (_lock)
        {
            int count = _store.Take(completions);
            while (count < completions.Length)
            {
                Span<WorkCompletion> rest = completions[count..];
                int polled = _provider.Poll(rest);
                if (polled < 0)
                {
                    CompleteAll(null, CompletionStatus.FatalError);
                    return count > 0 ? count : polled;
                }

                int kept = SiftLocked(rest, polled, own: null);
                count += kept;
                if (kept != 0 || polled < rest.Length)
                    break; // else all of a full span went elsewhere: an empty answer would be wrong
            }

            return count;
        }
    }

    private void PumpLocked(TrackedWork? own)
    {
        if (_table is null)
            return;
        while (true)
        {
            // Completions that nobody takes stay in the device's queue past its own length, unless one that somebody
            // waits for may lie behind them.
            int room = _table.Count != 0 ? ScratchLength : Math.Min(ScratchLength, _capacity - _store.Count);
            if (room <= 0)
                break;
            Span<WorkCompletion> scratch = _scratch.AsSpan(0, room);
            int polled = _provider.Poll(scratch);
            if (polled < 0)
            {
                CompleteAll(null, CompletionStatus.FatalError);
                break;
            }

            int kept = SiftLocked(scratch, polled, own);
            for (int i = 0; i < kept; i++)
                _store.Add(scratch[i]);
            if (polled < room)
                break;
        }

        if (_store.Count != 0)
            WakeWaits();
    }

    private int Sift(Span<WorkCompletion> completions, int count)
    {
        lock (_lock)
            return SiftLocked(completions, count, own: null);
    }

    /// <summary>Gives tracked completions away and moves the others to the front.</summary>
    private int SiftLocked(Span<WorkCompletion> completions, int count, TrackedWork? own)
    {
        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            ref readonly WorkCompletion completion = ref completions[i];
            if ((completion.Id & WorkTable.IdBit) == 0)
                completions[kept++] = completion;
            else
                Complete(completion.Id, completion, own);
        }

        return kept;
    }

    private void Complete(ulong id, in WorkCompletion completion, TrackedWork? own)
    {
        if (!_table!.TryRemove(id, out TrackedWork? work, out int tag, out ProviderQueuePair? queuePair))
            return; // flushed before, by a reset
        work!.OnCompleted(completion, tag, ReferenceEquals(work, own));
        Settle();
        queuePair!.DangerousRelease();
    }

    private void CompleteAll(ProviderQueuePair? queuePair, CompletionStatus status)
    {
        if (_table is null)
            return;
        while (_table.Find(queuePair) is var id and not 0)
            Complete(id, new WorkCompletion(id, status, default, queuePair?.Number ?? 0), own: null);
    }

    /// <summary>Roots this object while somebody waits, and lets the hub go after the last wait of a disposed queue.
    /// </summary>
    private void Settle()
    {
        if (IsWaitedFor)
        {
            if (!_root.IsAllocated)
                _root = GCHandle.Alloc(this);
            else if (_root.Target is null)
                _root.Target = this;
            return;
        }

        if (!_provider.IsDisposed)
        {
            if (_root.IsAllocated)
                _root.Target = null;
            return;
        }

        if (_root.IsAllocated)
            _root.Free();
        if (_hubReleased)
            return;
        _hubReleased = true;
        _hub?.Release();
    }
}
