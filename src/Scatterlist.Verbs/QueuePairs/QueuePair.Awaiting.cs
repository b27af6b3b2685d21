using Scatterlist.Verbs.Waiting;

namespace Scatterlist.Verbs;

/// <summary>
/// Awaiting: post, and go on when the completion is there. The completion says how it went
/// (<see cref="WorkCompletion.IsSuccess"/>); an exception comes only when the request was refused. No thread waits
/// meanwhile and nothing is allocated per request.
/// </summary>
/// <remarks>
/// Cancelling ends the wait alone, never the transfer: its memory is the device's, and its place in the queue taken, until
/// the completion comes, which then goes to nobody. The completion queues must be made without a channel of the program's.
/// Requests always complete, whatever their <c>Unsignaled</c> says.
/// </remarks>
public sealed partial class QueuePair
{
    /// <summary>Sends a message and waits for its completion.</summary>
    /// <param name="request">The message.</param>
    /// <param name="cancellationToken">Ends the wait, not the transfer.</param>
    /// <returns>The completion; its id is 0.</returns>
    /// <exception cref="InvalidOperationException">The completion queue has a channel of the program's.</exception>
    /// <exception cref="VerbsException">The request was refused: Resource when the queue is full.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The queue pair or its completion queue is disposed.</exception>
    public ValueTask<WorkCompletion> SendAsync(
        in SendWorkRequest request, CancellationToken cancellationToken = default)
    {
        if (!TryStart(SendCompletionQueue, cancellationToken, out AwaitedWork? work, out ulong id, out var early))
            return early;
        Errno errno = Send(request, id, SendFlags.Signaled);
        return Finish("ibv_post_send(SEND)", SendCompletionQueue, errno, request.Parts, work!, id, cancellationToken);
    }

    /// <summary>Gives room for a message of the peer and waits for it.</summary>
    /// <param name="request">The room.</param>
    /// <inheritdoc cref="SendAsync"/>
    /// <param name="cancellationToken">Ends the wait; the room stays given.</param>
    public ValueTask<WorkCompletion> ReceiveAsync(
        in ReceiveWorkRequest request, CancellationToken cancellationToken = default)
    {
        if (SharedReceiveQueue is not null)
        {
            throw new InvalidOperationException(
                "The queue pair takes its receives from a shared queue: post there and poll the completion queue.");
        }

        if (!TryStart(ReceiveCompletionQueue, cancellationToken, out AwaitedWork? work, out ulong id, out var early))
            return early;
        Errno errno = Receive(request, id);
        return Finish("ibv_post_recv", ReceiveCompletionQueue, errno, request.Parts, work!, id, cancellationToken);
    }

    /// <summary>Writes into the peer's memory and waits for the completion.</summary>
    /// <param name="request">The write.</param>
    /// <inheritdoc cref="SendAsync"/>
    /// <param name="cancellationToken">Ends the wait, not the transfer.</param>
    public ValueTask<WorkCompletion> WriteAsync(
        in WriteWorkRequest request, CancellationToken cancellationToken = default)
    {
        if (!TryStart(SendCompletionQueue, cancellationToken, out AwaitedWork? work, out ulong id, out var early))
            return early;
        Errno errno = Write(request, id, SendFlags.Signaled);
        return Finish("ibv_post_send(RDMA_WRITE)", SendCompletionQueue, errno, request.Parts, work!, id, cancellationToken);
    }

    /// <summary>Reads from the peer's memory and waits for the completion.</summary>
    /// <param name="request">The read.</param>
    /// <inheritdoc cref="SendAsync"/>
    /// <param name="cancellationToken">Ends the wait, not the transfer.</param>
    public ValueTask<WorkCompletion> ReadAsync(
        in ReadWorkRequest request, CancellationToken cancellationToken = default)
    {
        if (!TryStart(SendCompletionQueue, cancellationToken, out AwaitedWork? work, out ulong id, out var early))
            return early;
        Errno errno = Read(request, id, SendFlags.Signaled);
        return Finish("ibv_post_send(RDMA_READ)", SendCompletionQueue, errno, request.Parts, work!, id, cancellationToken);
    }

    /// <summary>Compares and swaps in the peer's memory and waits for the completion.</summary>
    /// <param name="request">The operation.</param>
    /// <inheritdoc cref="SendAsync"/>
    /// <param name="cancellationToken">Ends the wait, not the operation.</param>
    public ValueTask<WorkCompletion> CompareAndSwapAsync(
        in CompareAndSwapWorkRequest request, CancellationToken cancellationToken = default)
    {
        if (!TryStart(SendCompletionQueue, cancellationToken, out AwaitedWork? work, out ulong id, out var early))
            return early;
        Errno errno = CompareAndSwap(request, id, SendFlags.Signaled);
        return Finish("ibv_post_send(ATOMIC_CMP_AND_SWP)", SendCompletionQueue, errno, request.Parts, work!, id, cancellationToken);
    }

    /// <summary>Adds in the peer's memory and waits for the completion.</summary>
    /// <param name="request">The operation.</param>
    /// <inheritdoc cref="SendAsync"/>
    /// <param name="cancellationToken">Ends the wait, not the operation.</param>
    public ValueTask<WorkCompletion> FetchAndAddAsync(
        in FetchAndAddWorkRequest request, CancellationToken cancellationToken = default)
    {
        if (!TryStart(SendCompletionQueue, cancellationToken, out AwaitedWork? work, out ulong id, out var early))
            return early;
        Errno errno = FetchAndAdd(request, id, SendFlags.Signaled);
        return Finish("ibv_post_send(ATOMIC_FETCH_AND_ADD)", SendCompletionQueue, errno, request.Parts, work!, id, cancellationToken);
    }

    internal static VerbsException PostFailure(string verb, Errno errno, string? detail = null) => new(
        verb, errno,
        detail ?? errno switch
        {
            Errno.ENOMEM => "the queue is full",
            Errno.EFAULT => "an element is the default value, or its region is disposed or of another domain",
            Errno.EBADF => "the queue pair is disposed",
            Errno.EINVAL => "the state, an option, or a length does not allow it",
            _ => null,
        },
        errno == Errno.ENOMEM ? "Wait for completions, or give the queue pair or its completion queue more room." : null);

    private bool TryStart(
        CompletionQueue queue, CancellationToken cancellationToken, out AwaitedWork? work, out ulong id,
        out ValueTask<WorkCompletion> early)
    {
        work = null;
        id = 0;
        early = default;
        if (!queue.HasHub)
        {
            throw new InvalidOperationException(
                "The completion queue's events go to the program's own channel: make it without one to await.");
        }

        if (cancellationToken.IsCancellationRequested)
        {
            early = ValueTask.FromCanceled<WorkCompletion>(cancellationToken);
            return false;
        }

        // Before the post: once the request is the device's, nothing may stop the wait.
        if (!queue.TryWatch(out Exception? refused))
        {
            early = ValueTask.FromException<WorkCompletion>(refused!);
            return false;
        }

        work = AwaitedWork.Rent();
        Errno errno = queue.Track(work, 0, _provider, out id);
        if (errno == Errno.None)
            return true;
        work.Abandon();
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ObjectDisposedException.ThrowIf(errno == Errno.EBADF, queue);
        early = ValueTask.FromException<WorkCompletion>(PostFailure("posting", errno));
        return false;
    }

    private ValueTask<WorkCompletion> Finish(
        string verb, CompletionQueue queue, Errno errno, in PartList parts, AwaitedWork work, ulong id,
        CancellationToken cancellationToken)
    {
        if (errno != Errno.None)
        {
            queue.Untrack(id);
            work.Abandon();
            return ValueTask.FromException<WorkCompletion>(
                PostFailure(verb, errno, errno == Errno.EFAULT ? parts.Explain(Domain) : null));
        }

        queue.Pump(work); // what is done at once needs no event
        if (!work.HasEnded)
            queue.ArmAndPump(work);
        return work.Wait(cancellationToken);
    }
}
