using Scatterlist.Verbs.Waiting;

namespace Scatterlist.Verbs;

/// <summary>
/// Work that is done when the scope ends: <c>using WorkScope scope = queuePair.BeginScope();</c>, post inside, and
/// <see cref="Dispose"/> waits for all of it, whether the block ends well or by an exception.
/// </summary>
/// <remarks>
/// Waiting spins a little and then sleeps. At the end, work that has not completed within the scope's patience is flushed
/// by moving the queue pair to the error state, so that the end always comes. One scope is used by one thread; several
/// scopes of a queue pair may be open.
/// </remarks>
public readonly ref partial struct WorkScope : IDisposable
{
    private static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(5);

    private readonly QueuePair _queuePair;
    private readonly ScopeWork _work;
    private readonly int _version;
    private readonly TimeSpan _patience;

    internal WorkScope(QueuePair queuePair, TimeSpan patience)
    {
        _queuePair = queuePair;
        _work = ScopeWork.Rent();
        _version = _work.Version;
        _patience = patience;
    }

    /// <summary>Requests that have not completed.</summary>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public int Outstanding => Work.Outstanding;

    /// <summary>Requests that were posted.</summary>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public int Posted => Work.Posted;

    /// <summary>The first completion that was a failure, of those that have come; null while there is none.</summary>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public WorkCompletion? FirstFailure => Work.FirstFailure;

    private ScopeWork Work
    {
        get
        {
            ObjectDisposedException.ThrowIf(_work is null || _work.Version != _version, typeof(WorkScope));
            return _work;
        }
    }

    /// <summary>The completion of a request, if it has come. Looks into the completion queues.</summary>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public bool TryGetCompletion(ScopedWork work, out WorkCompletion completion)
    {
        if (Work.TryGet(Check(work), out completion))
            return true;
        _queuePair.SendCompletionQueue.Pump(own: null);
        _queuePair.ReceiveCompletionQueue.Pump(own: null);
        return Work.TryGet(work.Tag, out completion);
    }

    /// <summary>Waits for a request's completion.</summary>
    /// <exception cref="ArgumentException"><paramref name="work"/> is of another scope, or its post was refused.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public WorkCompletion Wait(ScopedWork work)
    {
        TryWait(work, Timeout.InfiniteTimeSpan, out WorkCompletion completion);
        return completion;
    }

    /// <summary>Waits for a request's completion. False: it did not come in time.</summary>
    /// <exception cref="ArgumentException"><paramref name="work"/> is of another scope, or its post was refused.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public bool TryWait(ScopedWork work, TimeSpan timeout, out WorkCompletion completion)
    {
        Work.Wait(_queuePair, Check(work), timeout);
        return Work.TryGet(work.Tag, out completion);
    }

    /// <summary>Waits for everything posted so far; see <see cref="FirstFailure"/> for how it went.</summary>
    /// <returns>Whether all of it succeeded.</returns>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public bool WaitAll()
    {
        Work.Wait(_queuePair, ScopeWork.Untold, Timeout.InfiniteTimeSpan);
        return FirstFailure is null;
    }

    /// <summary>Waits for everything posted so far. False: not all of it completed in time.</summary>
    /// <exception cref="ObjectDisposedException">The scope has ended.</exception>
    public bool TryWaitAll(TimeSpan timeout) => Work.Wait(_queuePair, ScopeWork.Untold, timeout);

    /// <summary>
    /// Waits until nothing is outstanding: for the scope's patience as it is, then by moving the queue pair to the error
    /// state, which flushes the rest. Idempotent.
    /// </summary>
    public void Dispose()
    {
        if (_work is null || _work.Version != _version)
            return;
        if (!_work.Wait(_queuePair, ScopeWork.Untold, _patience))
        {
            try
            {
                _queuePair.MoveToError();
            }
            catch (Exception e) when (e is VerbsException or ObjectDisposedException)
            {
                // A device that refuses even this is gone: what it will not complete is completed below.
            }

            if (!_work.Wait(_queuePair, ScopeWork.Untold, FlushPatience))
                _queuePair.FlushTracked();
        }

        _work.Return();
    }

    private int Check(ScopedWork work) => work.Version == _version
        ? work.Tag
        : throw new ArgumentException(
            work.Version == 0 ? "It is no work: the post was refused." : "The work is of another scope.", nameof(work));

    private Errno Begin(CompletionQueue queue, bool told, ulong userId, out ScopedWork work, out ulong id)
    {
        ScopeWork state = Work;
        int tag = state.Begin(told, userId);
        work = new ScopedWork(tag, _version);
        Errno errno = queue.Track(state, tag, _queuePair.Provider, out id);
        if (errno != Errno.None)
        {
            state.Undo(tag);
            work = default;
        }

        return errno;
    }

    private Errno End(CompletionQueue queue, Errno errno, ulong id, ref ScopedWork work)
    {
        if (errno != Errno.None)
        {
            queue.Untrack(id);
            _work.Undo(work.Tag);
            work = default; // nothing to wait for
        }

        return errno;
    }
}
