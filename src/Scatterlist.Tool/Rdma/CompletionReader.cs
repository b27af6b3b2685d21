using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma;

/// <summary>A completion queue, and how a test waits for it: by spinning, or by sleeping until an event.</summary>
internal sealed class CompletionReader : IDisposable
{
    private const int Batch = 16;

    // How soon a sleeping test learns of Ctrl-C or of a dead peer.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    private readonly CompletionChannel? _channel;
    private readonly WorkCompletion[] _completions = new WorkCompletion[Batch];

    internal CompletionReader(Context context, int entries, bool useEvents)
    {
        _channel = useEvents ? context.CreateCompletionChannel() : null;
        Queue = context.CreateCompletionQueue(entries, _channel);
        if (useEvents)
            Queue.RequestNotification();
    }

    internal CompletionQueue Queue { get; }

    /// <summary>Whether the last look found as much as it had room for.</summary>
    internal bool HasMore { get; private set; }

    /// <summary>Takes what is there, without a wait.</summary>
    /// <param name="most">At most so many completions.</param>
    /// <returns>The completions, valid until the next call; all of them successes.</returns>
    /// <exception cref="WorkFailedException">A work request failed.</exception>
    internal ReadOnlySpan<WorkCompletion> Take(int most = Batch)
    {
        int count = Queue.Poll(_completions.AsSpan(0, most));
        HasMore = count == most;
        if (count < 0)
            throw new IOException($"the completion queue failed: {(Errno)(-count)}");
        for (int i = 0; i < count; i++)
        {
            if (!_completions[i].IsSuccess)
                throw new WorkFailedException(_completions[i]);
        }

        return _completions.AsSpan(0, count);
    }

    /// <summary>Waits a while: a spin, or a sleep until an event or the watch's next look.</summary>
    internal void Wait(Watch watch)
    {
        if (_channel is null)
        {
            watch.Idle();
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(watch.Stop);
        limit.CancelAfter(LookEvery);
        try
        {
            _channel.GetEventAsync(limit.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (!watch.Stop.IsCancellationRequested)
        {
            watch.Look();
        }

        // What came between the event and this request is found by the poll that follows.
        Queue.RequestNotification();
    }

    public void Dispose()
    {
        Queue.Dispose();
        _channel?.Dispose();
    }
}
