using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs.Tests.Fakes;

internal sealed class FakeCompletionQueue(FakeContext context, int entries, FakeChannel? channel)
    : ProviderCompletionQueue(3, (NativeHandle?)channel ?? context)
{
    private readonly Lock _lock = new();
    private WorkCompletion[] _ring = new WorkCompletion[64];
    private int _first;
    private int _count;
    private bool _armed;
    private bool _paused;
    private bool _held;
    private int _capacity = entries;

    internal int Polls { get; private set; }

    /// <summary>What polls answer instead, minus an errno.</summary>
    internal int Failure { get; set; }

    internal override int Capacity => _capacity;

    /// <summary>Holds events back until the result is disposed.</summary>
    internal IDisposable Pause() => new Paused(this);

    internal void Add(in WorkCompletion completion)
    {
        bool raise;
        lock (_lock)
        {
            if (_count == _ring.Length)
            {
                WorkCompletion[] old = _ring;
                _ring = new WorkCompletion[old.Length * 2];
                for (int i = 0; i < _count; i++)
                    _ring[i] = old[(_first + i) % old.Length];
                _first = 0;
            }

            _ring[(_first + _count++) % _ring.Length] = completion;
            raise = _armed && !_paused;
            _held |= _armed && _paused;
            _armed = false;
        }

        if (raise)
            Raise();
    }

    private void Raise() => channel?.Raise(this);

    internal override int Poll(Span<WorkCompletion> completions)
    {
        context.During?.Invoke("poll_cq");
        lock (_lock)
        {
            Polls++;
            if (Failure != 0)
                return Failure;
            int taken = Math.Min(_count, completions.Length);
            for (int i = 0; i < taken; i++)
                completions[i] = _ring[(_first + i) % _ring.Length];
            _first = (_first + taken) % _ring.Length;
            _count -= taken;
            return taken;
        }
    }

    /// <summary>What requests for an event answer.</summary>
    internal Errno NotificationFailure { get; set; }

    internal override Errno RequestNotification(bool solicitedOnly)
    {
        if (NotificationFailure != Errno.None)
            return NotificationFailure;
        lock (_lock)
            _armed = true;
        return Errno.None;
    }

    internal override Errno Resize(int entries)
    {
        _capacity = entries;
        return Errno.None;
    }

    protected override bool ReleaseNative()
    {
        context.NoteRelease("cq");
        return true;
    }

    private sealed class Paused : IDisposable
    {
        private readonly FakeCompletionQueue _queue;

        internal Paused(FakeCompletionQueue queue)
        {
            _queue = queue;
            lock (queue._lock)
                queue._paused = true;
        }

        public void Dispose()
        {
            lock (_queue._lock)
            {
                _queue._paused = false;
                if (!_queue._held)
                    return;
            }

            _queue.Raise();
        }
    }
}
