using Scatterlist.Verbs.Tests.Fakes;

namespace Scatterlist.Verbs.Tests.Waiting;

/// <summary>Polling, waiting, and the program's own channels.</summary>
public sealed class CompletionQueueTests
{
    [Fact]
    public async Task Waiting_returns_when_a_poll_has_something()
    {
        using var pair = new Pair();
        pair.QueuePair.PostWrite(pair.Write(), 1);
        ValueTask wait = pair.Queue.WaitAsync();
        Assert.False(wait.IsCompleted);
        pair.FakeQueuePair.CompleteSends(1);
        await wait;
        Assert.True(pair.Queue.TryPoll(out WorkCompletion completion));
        Assert.Equal(1ul, completion.Id);
    }

    [Fact]
    public async Task Waiting_returns_at_once_when_something_is_there()
    {
        using var pair = new Pair();
        pair.QueuePair.PostWrite(pair.Write(), 1);
        pair.QueuePair.PostWrite(pair.Write(), 2);
        pair.FakeQueuePair.CompleteSends(2);
        Assert.True(pair.Queue.WaitAsync().IsCompletedSuccessfully);
        Assert.True(pair.Queue.TryPoll(out _));
        Assert.True(pair.Queue.WaitAsync().IsCompletedSuccessfully);
        Assert.True(pair.Queue.TryPoll(out WorkCompletion second));
        Assert.Equal(2ul, second.Id);
        ValueTask empty = pair.Queue.WaitAsync();
        Assert.False(empty.IsCompleted);
        pair.Queue.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await empty);
    }

    [Fact]
    public async Task Everyone_who_waits_returns()
    {
        using var pair = new Pair();
        pair.QueuePair.PostWrite(pair.Write(), 1);
        Task[] waits = [.. Enumerable.Range(0, 5).Select(_ => pair.Queue.WaitAsync().AsTask())];
        pair.FakeQueuePair.CompleteSends(1);
        await Task.WhenAll(waits);
    }

    [Fact]
    public async Task Cancelling_a_wait_loses_no_completion()
    {
        using var pair = new Pair();
        pair.QueuePair.PostWrite(pair.Write(), 1);
        using var cancel = new CancellationTokenSource();
        ValueTask wait = pair.Queue.WaitAsync(cancel.Token);
        ValueTask other = pair.Queue.WaitAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await wait);
        pair.FakeQueuePair.CompleteSends(1);
        await other;
        Assert.True(pair.Queue.TryPoll(out _));
    }

    [Fact]
    public async Task A_channel_of_the_program_tells_which_queue_has_something()
    {
        using var pair = new Pair(ownChannel: true);
        using CompletionQueue other = pair.Context.CreateCompletionQueue(4, pair.Channel);
        Assert.Null(pair.Channel!.TryGetEvent());
        Assert.Equal(Errno.None, pair.Queue.RequestNotification());
        pair.QueuePair.PostWrite(pair.Write(), 1);
        ValueTask<CompletionQueue> wait = pair.Channel.GetEventAsync();
        Assert.False(wait.IsCompleted);
        pair.FakeQueuePair.CompleteSends(1);
        Assert.Same(pair.Queue, await wait);
        Assert.True(pair.Queue.TryPoll(out _));
        Assert.Null(pair.Channel.TryGetEvent());
        Assert.True(pair.Channel.Descriptor >= 0);
        using var cancel = new CancellationTokenSource(5);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await pair.Channel.GetEventAsync(cancel.Token));
    }

    [Fact]
    public void A_queue_without_a_channel_of_the_program_gives_no_events()
    {
        using var pair = new Pair();
        Assert.Equal(Errno.EINVAL, pair.Queue.RequestNotification());
    }

    [Fact]
    public void Sizes_are_checked_and_changed()
    {
        using var pair = new Pair();
        Assert.Equal(256, pair.Queue.Capacity);
        pair.Queue.Resize(300);
        Assert.Equal(300, pair.Queue.Capacity);
        VerbsException refused = Assert.Throws<VerbsException>(() => pair.Queue.Resize(10001));
        Assert.Contains("10001", refused.Message, StringComparison.Ordinal);
        Assert.Throws<VerbsException>(() => pair.Context.CreateCompletionQueue(0));
        Assert.Throws<VerbsException>(() => pair.Context.CreateCompletionQueue(10001));
    }

    [Fact]
    public void A_disposed_queue_and_a_failed_one_are_statuses()
    {
        using var pair = new Pair();
        pair.FakeQueue.Failure = -(int)Errno.EIO;
        Assert.Equal(-(int)Errno.EIO, pair.Queue.Poll(new WorkCompletion[1]));
        Assert.False(pair.Queue.TryPoll(out _));
        pair.Queue.Dispose();
        Assert.Equal(-(int)Errno.EBADF, pair.Queue.Poll(new WorkCompletion[1]));
        Assert.Throws<ObjectDisposedException>(() => pair.Queue.Resize(5));
    }

    [Fact]
    public void More_unpolled_completions_than_the_store_keeps_stay_in_the_device()
    {
        using var pair = new Pair(builder => builder.WithSendCapacity(100), entries: 10);
        ValueTask never = pair.Queue.WaitAsync();
        for (ulong id = 0; id < 50; id++)
            Assert.Equal(Errno.None, pair.QueuePair.PostWrite(pair.Write(), id));
        pair.FakeQueuePair.CompleteSends(50);
        never.AsTask().Wait();
        WorkCompletion[] completions = new WorkCompletion[7];
        List<ulong> ids = [];
        while (pair.Queue.Poll(completions) is var count and not 0)
            ids.AddRange(completions.Take(count).Select(completion => completion.Id));
        Assert.Equal(Enumerable.Range(0, 50).Select(id => (ulong)id), ids);
    }
}
