using System.Threading.Tasks.Sources;

namespace Scatterlist.Verbs.Waiting;

/// <summary>One wait for a completion queue to have something to poll. It is on the queue's list until its end.</summary>
internal sealed class ReadyWait : IValueTaskSource, IThreadPoolWorkItem, IPooled<ReadyWait>
{
    private static readonly SourcePool<ReadyWait> Pool = new();

    private ManualResetValueTaskSourceCore<bool> _core;
    private CancellationTokenRegistration _registration;
    private CompletionQueue? _queue;
    private Exception? _failure;

    public ReadyWait? NextPooled { get; set; }

    /// <summary>Links of the queue's list, guarded by its lock.</summary>
    internal ReadyWait? Next { get; set; }

    internal ReadyWait? Previous { get; set; }

    internal static ReadyWait Rent(CompletionQueue queue)
    {
        ReadyWait wait = Pool.Rent();
        wait._queue = queue;
        return wait;
    }

    internal ValueTask Wait(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(
                static (wait, token) => ((ReadyWait)wait!).Cancel(token), this);
        }

        return new ValueTask(this, _core.Version);
    }

    /// <summary>Ends the wait, once: whoever takes it off the list calls this.</summary>
    internal void End(Exception? failure)
    {
        _failure = failure;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_failure is { } failure)
            _core.SetException(failure);
        else
            _core.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
            throw new InvalidOperationException("There is nothing yet: await it.");
        _registration.Dispose(); // returns when a cancellation that is under way has gone
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            _registration = default;
            _queue = null;
            _failure = null;
            Pool.Return(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken cancellationToken)
    {
        if (_queue!.TryForget(this))
            End(new OperationCanceledException(cancellationToken));
    }
}
