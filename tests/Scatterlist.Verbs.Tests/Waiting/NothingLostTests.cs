using Scatterlist.Verbs.Tests.Fakes;

namespace Scatterlist.Verbs.Tests.Waiting;

/// <summary>Waits end: behind completions that nobody polls, without events, and when their object is disposed.</summary>
public sealed class NothingLostTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task An_await_ends_behind_completions_that_the_program_does_not_poll()
    {
        using var pair = new Pair(entries: 8);
        for (ulong id = 0; id < 20; id++)
            pair.FakeQueue.Add(new WorkCompletion(id, CompletionStatus.Success, CompletionOpcode.RdmaWrite, 1));
        ValueTask<WorkCompletion> write = pair.QueuePair.WriteAsync(pair.Write());
        pair.FakeQueuePair.CompleteSends(1);
        Assert.True((await write.AsTask().WaitAsync(Long)).IsSuccess);
        WorkCompletion[] kept = new WorkCompletion[32];
        Assert.Equal(20, pair.Queue.Poll(kept));
        Assert.Equal(Enumerable.Range(0, 20).Select(id => (ulong)id), kept.Take(20).Select(item => item.Id));
    }

    [Fact]
    public void A_scope_ends_behind_them_as_well()
    {
        using var pair = new Pair(entries: 8);
        using WorkScope scope = pair.QueuePair.BeginScope();
        Assert.Equal(Errno.None, scope.PostWrite(pair.Write()));
        for (ulong id = 0; id < 20; id++)
            pair.FakeQueue.Add(new WorkCompletion(id, CompletionStatus.Success, CompletionOpcode.RdmaWrite, 1));
        pair.FakeQueuePair.CompleteSends(1);
        Assert.True(scope.TryWaitAll(Long));
    }

    [Fact]
    public async Task Work_is_not_posted_when_its_completion_could_not_be_waited_for()
    {
        using var pair = new Pair();
        pair.Fake.BadDescriptor = 1 << 20;
        ScatterlistException refused = await Assert.ThrowsAnyAsync<ScatterlistException>(
            async () => await pair.QueuePair.WriteAsync(pair.Write()));
        Assert.Equal(Errno.EBADF, refused.Errno);
        await Assert.ThrowsAnyAsync<ScatterlistException>(async () => await pair.Queue.WaitAsync());
        Assert.Empty(pair.FakeQueuePair.Sent);

        pair.Fake.BadDescriptor = null;
        ValueTask<WorkCompletion> write = pair.QueuePair.WriteAsync(pair.Write());
        pair.FakeQueuePair.CompleteSends(1);
        Assert.True((await write.AsTask().WaitAsync(Long)).IsSuccess);
    }

    [Fact]
    public async Task A_scope_without_events_ends_by_looking()
    {
        using var pair = new Pair();
        pair.Fake.BadDescriptor = 1 << 20;
        Task completing;
        using (WorkScope scope = pair.QueuePair.BeginScope(Long))
        {
            Assert.Equal(Errno.None, scope.PostWrite(pair.Write()));
            completing = Task.Run(() =>
            {
                Thread.Sleep(30); // long enough that the scope sleeps
                pair.FakeQueuePair.CompleteSends(1);
            });
        }

        await completing;
        Assert.Equal(QueuePairState.ReadyToSend, pair.QueuePair.State);
    }

    [Fact]
    public async Task A_queue_that_gives_no_events_ends_its_waits()
    {
        using var pair = new Pair();
        pair.FakeQueue.NotificationFailure = Errno.EOPNOTSUPP;
        ValueTask<WorkCompletion> write = pair.QueuePair.WriteAsync(pair.Write());
        Assert.Equal(CompletionStatus.FatalError, (await write.AsTask().WaitAsync(Long)).Status);
        VerbsException refused = await Assert.ThrowsAsync<VerbsException>(
            async () => await pair.Queue.WaitAsync().AsTask().WaitAsync(Long));
        Assert.Equal(VerbsErrorKind.NotSupported, refused.Kind);
    }

    [Fact]
    public void A_refused_post_of_a_scope_is_nothing_to_wait_for()
    {
        using var pair = new Pair(builder => builder.WithSendCapacity(1));
        pair.Fake.CompletesAtOnce = false;
        using WorkScope scope = pair.QueuePair.BeginScope();
        Assert.Equal(Errno.None, scope.PostWrite(pair.Write(), out ScopedWork first, 1));
        Assert.Equal(Errno.ENOMEM, scope.PostWrite(pair.Write(), out ScopedWork refused, 2));
        Assert.Equal((1, 1), (scope.Posted, scope.Outstanding));
        ArgumentException no = AssertRefused(scope, refused);
        Assert.Contains("refused", no.Message, StringComparison.Ordinal);
        pair.FakeQueuePair.CompleteSends(1);
        Assert.Equal(1ul, scope.Wait(first).Id);
        Assert.Equal(Errno.None, scope.PostWrite(pair.Write(), out ScopedWork third, 3));
        pair.FakeQueuePair.CompleteSends(1);
        Assert.Equal(3ul, scope.Wait(third).Id);
    }

    [Fact]
    public async Task Disposing_a_channel_ends_its_waits()
    {
        using var pair = new Pair(ownChannel: true);
        using var never = new CancellationTokenSource();
        Task<CompletionQueue> plain = pair.Channel!.GetEventAsync().AsTask();
        Task<CompletionQueue> cancellable = pair.Channel.GetEventAsync(never.Token).AsTask();
        Assert.False(plain.IsCompleted || cancellable.IsCompleted);
        pair.Channel.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => plain.WaitAsync(Long));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cancellable.WaitAsync(Long));
    }

    [Fact]
    public async Task Disposing_a_context_ends_its_waits_for_events()
    {
        using var pair = new Pair();
        Task<AsyncEvent> wait = pair.Context.GetAsyncEventAsync().AsTask();
        Assert.False(wait.IsCompleted);
        pair.Context.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => wait.WaitAsync(Long));
    }

    [Fact]
    public async Task A_default_element_is_refused_and_named()
    {
        using var pair = new Pair();
        QueuePair queuePair = pair.QueuePair;
        Assert.Equal(Errno.EFAULT, queuePair.PostSend(new SendWorkRequest(default(GatherElement)), 1));
        Assert.Equal(Errno.EFAULT, queuePair.PostReceive(new ReceiveWorkRequest(default(ScatterElement)), 1));
        Assert.Equal(Errno.EFAULT, queuePair.PostWrite(new WriteWorkRequest(default(GatherElement), pair.Remote), 1));
        PostBatch batch = queuePair.BeginBatch(stackalloc BatchSlot[2]);
        Assert.Equal(Errno.EFAULT, batch.Add(new SendWorkRequest(default(GatherElement)), 1));
        Assert.Empty(pair.FakeQueuePair.Sent);
        Assert.Empty(pair.FakeQueuePair.Received);
        GatherElement[] elements = [pair.Region.Gather(0, 4), default];
        VerbsException refused = await Assert.ThrowsAsync<VerbsException>(
            async () => await queuePair.SendAsync(new SendWorkRequest(elements)));
        Assert.Contains("element 1 is the default value", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Errno.None, queuePair.PostSend(new SendWorkRequest(), 1));
    }

    private static ArgumentException AssertRefused(WorkScope scope, ScopedWork work)
    {
        try
        {
            scope.TryWait(work, TimeSpan.FromMilliseconds(1), out _);
        }
        catch (ArgumentException e)
        {
            return e;
        }

        throw new Xunit.Sdk.XunitException("The wait for refused work began.");
    }
}
