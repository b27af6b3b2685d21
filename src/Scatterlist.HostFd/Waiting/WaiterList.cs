namespace Scatterlist.HostFd.Waiting;

/// <summary>The threads and tasks that wait for one object, so that its disposal wakes them all. Thread-safe.</summary>
internal sealed class WaiterList
{
    private readonly Lock _lock = new();
    private WaitSignal? _signals;
    private HashSet<PollEntry>? _entries;
    private bool _closed;

    /// <summary>Adds a blocked thread. False when the object is already closed: do not wait.</summary>
    internal bool TryAdd(WaitSignal signal)
    {
        lock (_lock)
        {
            if (_closed)
                return false;
            signal.Previous = null;
            signal.Next = _signals;
            if (_signals is not null)
                _signals.Previous = signal;
            _signals = signal;
            return true;
        }
    }

    /// <summary>Takes a thread off. After the return nobody sets its signal through this list.</summary>
    internal void Remove(WaitSignal signal)
    {
        lock (_lock)
        {
            if (signal.Previous is not null)
                signal.Previous.Next = signal.Next;
            else
                _signals = signal.Next;
            if (signal.Next is not null)
                signal.Next.Previous = signal.Previous;
            signal.Next = signal.Previous = null;
        }
    }

    /// <summary>Adds a task. False when the object is already closed.</summary>
    internal bool TryAdd(PollEntry entry)
    {
        lock (_lock)
        {
            if (_closed)
                return false;
            (_entries ??= []).Add(entry);
            return true;
        }
    }

    internal void Remove(PollEntry entry)
    {
        lock (_lock)
            _entries?.Remove(entry);
    }

    /// <summary>Wakes everybody and admits nobody any more. Idempotent.</summary>
    internal void CloseAndWake()
    {
        PollEntry[] entries = [];
        lock (_lock)
        {
            if (_closed)
                return;
            _closed = true;
            for (WaitSignal? signal = _signals; signal is not null; signal = signal.Next)
                signal.Set();
            if (_entries is not null)
            {
                entries = [.. _entries];
                _entries = null;
            }
        }

        foreach (PollEntry entry in entries)
            entry.Complete(Errno.ECANCELED);
    }
}
