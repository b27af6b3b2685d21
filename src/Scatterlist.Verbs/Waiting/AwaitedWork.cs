using System.Threading.Tasks.Sources;

namespace Scatterlist.Verbs.Waiting;

/// <summary>
/// One awaited request. The await ends with the completion or with its cancellation, whichever is first; the object goes
/// back to the pool when the completion has come and the await has taken its end, so that a cancelled wait leaves the
/// transfer, its entry in the table, and its place in the queue untouched.
/// </summary>
internal sealed class AwaitedWork : TrackedWork, IValueTaskSource<WorkCompletion>, IThreadPoolWorkItem,
    IPooled<AwaitedWork>
{
    private const int Ended = 1; // the await has its outcome
    private const int Completed = 2; // the device is done
    private const int Taken = 4; // the await has taken the outcome

    private static readonly SourcePool<AwaitedWork> Pool = new();

    private ManualResetValueTaskSourceCore<WorkCompletion> _core;
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellationToken;
    private WorkCompletion _completion;
    private bool _cancelled;
    private int _state;

    public AwaitedWork? NextPooled { get; set; }

    /// <summary>Whether the await has its outcome already.</summary>
    internal bool HasEnded => (Volatile.Read(ref _state) & Ended) != 0;

    internal static AwaitedWork Rent() => Pool.Rent();

    /// <summary>Gives back an object whose work was never posted.</summary>
    internal void Abandon() => Recycle();

    /// <summary>The wait for work that was posted.</summary>
    internal ValueTask<WorkCompletion> Wait(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled && !HasEnded)
        {
            _cancellationToken = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(static work => ((AwaitedWork)work!).Cancel(), this);
        }

        return new ValueTask<WorkCompletion>(this, _core.Version);
    }

    internal override void OnCompleted(in WorkCompletion completion, int tag, bool isOwn)
    {
        if (TryEnd())
        {
            _completion = completion.WithId(0); // the library's own id means nothing to the program
            if (isOwn)
                _core.SetResult(_completion); // nobody can have awaited it yet: no program's code runs here
            else
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        Mark(Completed);
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_cancelled)
            _core.SetException(new OperationCanceledException(_cancellationToken));
        else
            _core.SetResult(_completion);
    }

    WorkCompletion IValueTaskSource<WorkCompletion>.GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("The work is not done: await it.");
        _registration.Dispose(); // returns when a cancellation that is under way has gone
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Mark(Taken);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<WorkCompletion>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<WorkCompletion>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel()
    {
        if (!TryEnd())
            return;
        _cancelled = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private bool TryEnd() => (Interlocked.Or(ref _state, Ended) & Ended) == 0;

    private void Mark(int bit)
    {
        const int Both = Completed | Taken;
        int before = Interlocked.Or(ref _state, bit);
        if ((before & Both) != Both && ((before | bit) & Both) == Both)
            Recycle();
    }

    private void Recycle()
    {
        _core.Reset();
        _registration = default;
        _cancellationToken = default;
        _completion = default;
        _cancelled = false;
        _state = 0;
        Pool.Return(this);
    }
}
