using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.Waiting;

namespace Scatterlist.Verbs;

/// <summary>
/// A completion queue (struct ibv_cq): where finished work shows. Made by <see cref="Context.CreateCompletionQueue"/>.
/// </summary>
/// <remarks>
/// <para>Poll it, or wait for it with <see cref="WaitAsync"/> and poll then. Completions of awaited work and of scopes go
/// to who waits for them, also when a poll of the program meets them; all others wait for a poll.</para>
/// <para>Thread-safe. Dispose it in any order with its queue pairs, which keep it.</para>
/// </remarks>
public sealed partial class CompletionQueue : IDisposable
{
    private readonly ProviderCompletionQueue _provider;
    private readonly CompletionChannel? _channel;
    private readonly EventHub? _hub;

    internal CompletionQueue(
        Context context, ProviderCompletionQueue provider, CompletionChannel? channel, EventHub? hub)
    {
        Context = context;
        _provider = provider;
        _channel = channel;
        _hub = hub;
        _capacity = provider.Capacity;
        provider.Owner = this;
    }

    /// <summary>The device that it is of.</summary>
    public Context Context { get; }

    /// <summary>Completions that it really holds.</summary>
    public int Capacity => _capacity;

    /// <summary>The program's own channel, if it was made with one.</summary>
    public CompletionChannel? Channel => _channel;

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    public bool IsDisposed => _provider.IsDisposed;

    internal ProviderCompletionQueue Provider => _provider;

    /// <summary>Takes completions, oldest first (ibv_poll_cq(3)). It never waits and allocates nothing.</summary>
    /// <param name="completions">Where they go.</param>
    /// <returns>How many came, 0 when the queue is empty; minus an <see cref="Errno"/> when the queue itself failed
    /// (EBADF: it is disposed).</returns>
    public int Poll(Span<WorkCompletion> completions)
    {
        if (_provider.GuardsPolls)
            return _provider.IsDisposed ? -(int)Errno.EBADF : PollHeld(completions);
        if (!_provider.TryEnter())
            return -(int)Errno.EBADF;
        try
        {
            return PollHeld(completions);
        }
        finally
        {
            _provider.Exit();
        }
    }

    private int PollHeld(Span<WorkCompletion> completions)
    {
        if (Volatile.Read(ref _isTracking))
            return PollTracked(completions);
        int count = _provider.Poll(completions);

        // Work that is waited for may have been posted, and have completed, since the look at the flag.
        return count > 0 && Volatile.Read(ref _isTracking) ? Sift(completions, count) : count;
    }

    /// <summary>Takes one completion. False when there is none, or the queue itself failed.</summary>
    public bool TryPoll(out WorkCompletion completion)
    {
        completion = default;
        return Poll(new Span<WorkCompletion>(ref completion)) == 1;
    }

    /// <summary>
    /// Asks for one event, on the channel that the queue was made with, at the next completion (ibv_req_notify_cq(3)).
    /// Poll once more afterwards: a completion that came before makes no event.
    /// </summary>
    /// <param name="solicitedOnly">Only for completions that the peer marked, and for failures.</param>
    /// <returns>None; EINVAL: the queue has no channel of the program; EBADF: it is disposed.</returns>
    public Errno RequestNotification(bool solicitedOnly = false)
    {
        if (_channel is null)
            return Errno.EINVAL;
        if (!_provider.TryHold())
            return Errno.EBADF;
        try
        {
            return _provider.RequestNotification(solicitedOnly);
        }
        finally
        {
            _provider.DangerousRelease();
        }
    }

    /// <summary>Changes how many completions it holds; those that wait in it stay (ibv_resize_cq(3)).</summary>
    /// <param name="entries">At least so many.</param>
    /// <exception cref="VerbsException">InvalidInput: past the device's limit, or fewer than wait in it; NotSupported.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The queue is disposed.</exception>
    public void Resize(int entries)
    {
        ObjectDisposedException.ThrowIf(!_provider.TryHold(), this);
        try
        {
            string verb = $"ibv_resize_cq(cqe {entries})";
            LimitCheck.Range(
                verb, "cqe", entries, 1, Context.Attributes.MaxCompletionQueueEntries,
                "DeviceAttributes.MaxCompletionQueueEntries");
            Errno errno = _provider.Resize(entries);
            if (errno != Errno.None)
                throw new VerbsException(verb, errno);
            _capacity = _provider.Capacity;
        }
        finally
        {
            _provider.DangerousRelease();
        }
    }
}
