using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.Waiting;

namespace Scatterlist.Verbs;

/// <summary>Waiting for something to poll.</summary>
public sealed partial class CompletionQueue
{
    private ReadyWait? _waits;

    private bool HasWaits => _waits is not null;

    /// <summary>
    /// Waits, without a thread, until a <see cref="Poll"/> has something to give. Several may wait; all of them return
    /// then, and the first poll may take everything.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait; no completion is lost by it.</param>
    /// <exception cref="InvalidOperationException">The queue was made with a channel of the program's, which has its
    /// events.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The queue is, or was meanwhile, disposed.</exception>
    public ValueTask WaitAsync(CancellationToken cancellationToken = default)
    {
        if (_hub is null)
            throw new InvalidOperationException("The queue's events go to its own channel: GetEventAsync of that.");
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        ObjectDisposedException.ThrowIf(!_provider.TryHold(), this);
        ReadyWait wait;
        try
        {
            if (!TryWatch(out Exception? refused))
                return ValueTask.FromException(refused!);
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_provider.IsDisposed, this);
                StartTracking();
                PumpLocked(own: null);
                if (_store.Count != 0)
                    return default;
                wait = ReadyWait.Rent(this);
                Add(wait);
                Settle();
            }
        }
        finally
        {
            _provider.DangerousRelease();
        }

        ArmAndPump(own: null);
        return wait.Wait(cancellationToken);
    }

    /// <summary>Takes a wait off the list. False when it has been taken off already.</summary>
    internal bool TryForget(ReadyWait wait)
    {
        lock (_lock)
        {
            if (wait.Previous is null && !ReferenceEquals(_waits, wait))
                return false;
            Remove(wait);
            Settle();
            return true;
        }
    }

    private void WakeWaits()
    {
        if (_waits is null)
            return;
        while (_waits is { } wait)
        {
            Remove(wait);
            wait.End(failure: null);
        }

        Settle();
    }

    private void EndWaits(Exception failure)
    {
        while (_waits is { } wait)
        {
            Remove(wait);
            wait.End(failure);
        }
    }

    private void Add(ReadyWait wait)
    {
        wait.Next = _waits;
        if (_waits is not null)
            _waits.Previous = wait;
        _waits = wait;
    }

    private void Remove(ReadyWait wait)
    {
        if (wait.Previous is not null)
            wait.Previous.Next = wait.Next;
        else
            _waits = wait.Next;
        if (wait.Next is not null)
            wait.Next.Previous = wait.Previous;
        wait.Next = wait.Previous = null;
    }
}
