using Scatterlist.Verbs.Tests.Fakes;
using Scatterlist.Verbs.Waiting;

namespace Scatterlist.Verbs.Tests.Waiting;

/// <summary>Awaited work ends with its completion, and with nothing else.</summary>
public sealed class AwaitTests
{
    [Fact]
    public async Task Every_operation_can_be_awaited()
    {
        using var pair = new Pair();
        pair.Fake.CompletesAtOnce = true;
        QueuePair queuePair = pair.QueuePair;
        Assert.True((await queuePair.WriteAsync(pair.Write())).IsSuccess);
        Assert.True((await queuePair.SendAsync(new SendWorkRequest { Unsignaled = true })).IsSuccess);
        Assert.True((await queuePair.ReadAsync(new ReadWorkRequest(pair.Region.Scatter(0, 8), pair.Remote))).IsSuccess);
        Assert.True((await queuePair.CompareAndSwapAsync(
            new CompareAndSwapWorkRequest(pair.Region.Scatter(0, 8), pair.Remote, 1, 2))).IsSuccess);
        Assert.True((await queuePair.FetchAndAddAsync(
            new FetchAndAddWorkRequest(pair.Region.Scatter(0, 8), pair.Remote, 1))).IsSuccess);
        ValueTask<WorkCompletion> receive = queuePair.ReceiveAsync(new ReceiveWorkRequest(pair.Region.Scatter()));
        Assert.False(receive.IsCompleted);
        pair.FakeQueuePair.CompleteReceive(77);
        Assert.Equal(77u, (await receive).ByteLength);
        Assert.All(pair.FakeQueuePair.Sent, work => Assert.True((work.Flags & SendFlags.Signaled) != 0));
    }

    [Fact]
    public async Task A_completion_that_comes_later_ends_the_wait_by_an_event()
    {
        using var pair = new Pair();
        ValueTask<WorkCompletion> write = pair.QueuePair.WriteAsync(pair.Write());
        Assert.False(write.IsCompleted);
        pair.FakeQueuePair.CompleteSends(1);
        Assert.True((await write).IsSuccess);
    }

    [Fact]
    public async Task A_failure_is_a_completion_and_not_an_exception()
    {
        using var pair = new Pair();
        ValueTask<WorkCompletion> write = pair.QueuePair.WriteAsync(pair.Write());
        pair.FakeQueuePair.CompleteSends(1, CompletionStatus.RemoteAccessError);
        Assert.Equal(CompletionStatus.RemoteAccessError, (await write).Status);
    }

    [Fact]
    public async Task A_refused_post_is_an_exception_of_its_kind_and_leaves_nothing_waiting()
    {
        using var pair = new Pair(builder => builder.WithSendCapacity(1));
        ValueTask<WorkCompletion> first = pair.QueuePair.WriteAsync(pair.Write());
        VerbsException full = await Assert.ThrowsAsync<VerbsException>(
            async () => await pair.QueuePair.WriteAsync(pair.Write()));
        Assert.Equal(VerbsErrorKind.Resource, full.Kind);
        VerbsException wrong = await Assert.ThrowsAsync<VerbsException>(
            async () => await pair.QueuePair.SendAsync(
                new SendWorkRequest { Immediate = 1, Invalidate = default(RemoteKey) }));
        Assert.Equal(VerbsErrorKind.InvalidInput, wrong.Kind);
        pair.FakeQueuePair.CompleteSends(1);
        Assert.True((await first).IsSuccess);
        Assert.False(pair.Queue.Tracks(pair.FakeQueuePair));
    }

    [Fact]
    public async Task No_more_is_awaited_than_the_completion_queue_holds()
    {
        using var pair = new Pair(entries: 2);
        ValueTask<WorkCompletion> first = pair.QueuePair.WriteAsync(pair.Write());
        ValueTask<WorkCompletion> second = pair.QueuePair.WriteAsync(pair.Write());
        await Assert.ThrowsAsync<VerbsException>(async () => await pair.QueuePair.WriteAsync(pair.Write()));
        pair.FakeQueuePair.CompleteSends(2);
        await first;
        await second;
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_and_leaves_the_transfer()
    {
        using var pair = new Pair(builder => builder.WithSendCapacity(1));
        using var cancel = new CancellationTokenSource();
        ValueTask<WorkCompletion> write = pair.QueuePair.WriteAsync(pair.Write(), cancel.Token);
        await cancel.CancelAsync();
        OperationCanceledException ended =
            await Assert.ThrowsAsync<OperationCanceledException>(async () => await write);
        Assert.Equal(cancel.Token, ended.CancellationToken);
        Assert.Equal(1, pair.FakeQueuePair.OutstandingSends);
        Assert.True(pair.Queue.Tracks(pair.FakeQueuePair));
        Assert.Equal(Errno.ENOMEM, pair.QueuePair.PostWrite(pair.Write(), 1)); // its place is still taken

        pair.FakeQueuePair.CompleteSends(1);
        Eventually.True(() => !pair.Queue.Tracks(pair.FakeQueuePair), "The completion was not taken.");
        Assert.False(pair.Queue.TryPoll(out _)); // it goes to nobody
        ValueTask<WorkCompletion> next = pair.QueuePair.WriteAsync(pair.Write());
        pair.FakeQueuePair.CompleteSends(1);
        Assert.True((await next).IsSuccess);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_already_posts_nothing()
    {
        using var pair = new Pair();
        ValueTask<WorkCompletion> write = pair.QueuePair.WriteAsync(pair.Write(), new CancellationToken(true));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await write);
        Assert.Empty(pair.FakeQueuePair.Sent);
    }

    [Fact]
    public async Task Cancellations_and_completions_at_the_same_moment_end_every_wait_once()
    {
        using var pair = new Pair(builder => builder.WithSendCapacity(500));
        pair.FakeQueuePair.Records = false;
        var random = new Random(1);
        int cancelled = 0;
        int completed = 0;
        for (int round = 0; round < 200; round++)
        {
            using var cancel = new CancellationTokenSource();
            Task<WorkCompletion>[] waits =
            [
                .. Enumerable.Range(0, 8).Select(
                    i => pair.QueuePair.WriteAsync(pair.Write(), i % 2 == 0 ? cancel.Token : default).AsTask()),
            ];
            Task completing = Task.Run(() => pair.FakeQueuePair.CompleteSends(8));
            if (random.Next(2) == 0)
                await Task.Yield();
            await cancel.CancelAsync();
            await completing;
            foreach (Task<WorkCompletion> wait in waits)
            {
                try
                {
                    await wait;
                    completed++;
                }
                catch (OperationCanceledException)
                {
                    cancelled++;
                }
            }
        }

        Assert.Equal(1600, cancelled + completed);
        Assert.True(completed >= 800);
        Eventually.True(() => !pair.Queue.Tracks(pair.FakeQueuePair), "Work is left.");
    }

    [Fact]
    public async Task Polled_and_awaited_work_share_a_queue()
    {
        using var pair = new Pair();
        Assert.Equal(Errno.None, pair.QueuePair.PostWrite(pair.Write(), 1));
        ValueTask<WorkCompletion> awaited = pair.QueuePair.WriteAsync(pair.Write());
        Assert.Equal(Errno.None, pair.QueuePair.PostWrite(pair.Write(), 2));
        pair.FakeQueuePair.CompleteSends(3);
        await awaited; // the event loop met all three
        WorkCompletion[] completions = new WorkCompletion[4];
        Assert.Equal(2, pair.Queue.Poll(completions));
        Assert.Equal([1ul, 2ul], completions.Take(2).Select(completion => completion.Id));
        Assert.Equal(0, pair.Queue.Poll(completions));

        ValueTask<WorkCompletion> other = pair.QueuePair.WriteAsync(pair.Write());
        Assert.Equal(Errno.None, pair.QueuePair.PostWrite(pair.Write(), 3));
        pair.FakeQueuePair.CompleteSends(2);
        int polled = 0;
        while (polled == 0)
            polled = pair.Queue.Poll(completions); // a poll meets the awaited one and passes it on
        Assert.Equal((1, 3ul), (polled, completions[0].Id));
        Assert.True((await other).IsSuccess);
    }

    [Fact]
    public async Task A_poll_that_meets_awaited_work_only_goes_on_to_the_program_s_own()
    {
        using var pair = new Pair(ownChannel: false);
        List<ValueTask<WorkCompletion>> waits = [];
        using (pair.FakeQueue.Pause()) // events are held back
        {
            for (int i = 0; i < 4; i++)
                waits.Add(pair.QueuePair.WriteAsync(pair.Write()));
            pair.QueuePair.PostWrite(pair.Write(), 7);
            pair.FakeQueuePair.CompleteSends(5);
            WorkCompletion[] completions = new WorkCompletion[2];
            Assert.Equal(1, pair.Queue.Poll(completions));
            Assert.Equal(7ul, completions[0].Id);
        }

        foreach (ValueTask<WorkCompletion> wait in waits)
            Assert.True((await wait).IsSuccess);
    }

    [Fact]
    public async Task Disposing_the_queue_pair_flushes_what_is_awaited_before_it_goes()
    {
        using var pair = new Pair();
        ValueTask<WorkCompletion> write = pair.QueuePair.WriteAsync(pair.Write());
        ValueTask<WorkCompletion> receive = pair.QueuePair.ReceiveAsync(new ReceiveWorkRequest(pair.Region.Scatter()));
        pair.QueuePair.Dispose();
        Assert.Equal(CompletionStatus.WorkRequestFlushedError, (await write).Status);
        Assert.Equal(CompletionStatus.WorkRequestFlushedError, (await receive).Status);
        Eventually.True(() => pair.Fake.Released.Contains("qp"), "The native queue pair stays.");
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.QueuePair.WriteAsync(pair.Write()));
    }

    [Fact]
    public async Task Disposing_everything_while_work_is_awaited_ends_the_wait_and_then_lets_go()
    {
        var pair = new Pair();
        ValueTask<WorkCompletion> write = pair.QueuePair.WriteAsync(pair.Write());
        pair.Queue.Dispose();
        pair.Context.Dispose();
        pair.Domain.Dispose();
        pair.Region.Dispose();
        pair.Buffer.Dispose();
        pair.QueuePair.Dispose();
        Assert.Equal(CompletionStatus.WorkRequestFlushedError, (await write).Status);
        Eventually.True(() => pair.Fake.Released.Contains("context"), "Something stays.");
        Assert.Equal(["qp", "cq", "channel"], pair.Fake.Released.Where(what => what is "qp" or "cq" or "channel"));
    }

    [Fact]
    public async Task A_reset_drops_completions_and_the_waits_end_all_the_same()
    {
        using var pair = new Pair();
        ValueTask<WorkCompletion> write = pair.QueuePair.WriteAsync(pair.Write());
        pair.QueuePair.Modify(
            new QueuePairAttributes { State = QueuePairState.Reset }, QueuePairAttributeMask.State);
        Assert.Equal(CompletionStatus.WorkRequestFlushedError, (await write).Status);
    }

    [Fact]
    public async Task A_completion_queue_that_fails_ends_the_waits()
    {
        using var pair = new Pair();
        ValueTask<WorkCompletion> write = pair.QueuePair.WriteAsync(pair.Write());
        pair.FakeQueue.Failure = -(int)Errno.EIO;
        Assert.Equal(-(int)Errno.EIO, pair.Queue.Poll(new WorkCompletion[1]));
        Assert.Equal(CompletionStatus.FatalError, (await write).Status);
    }

    [Fact]
    public async Task A_queue_with_a_channel_of_the_program_cannot_be_awaited()
    {
        using var pair = new Pair(ownChannel: true);
        Assert.Throws<InvalidOperationException>(() => pair.QueuePair.WriteAsync(pair.Write()));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.Queue.WaitAsync());
    }

    [Fact]
    public async Task Work_that_is_only_awaited_is_not_collected()
    {
        (FakeQueuePair fake, Task<bool> wait) = Start();
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        fake.CompleteSends(1);
        Assert.True(await wait.WaitAsync(TimeSpan.FromSeconds(20)));

        static (FakeQueuePair Fake, Task<bool> Wait) Start()
        {
            var pair = new Pair();
            return (pair.FakeQueuePair, Run(pair));
        }

        static async Task<bool> Run(Pair pair)
        {
            WorkCompletion completion = await pair.QueuePair.WriteAsync(pair.Write());
            pair.Dispose();
            return completion.IsSuccess;
        }
    }

    [Fact]
    public async Task Many_tasks_await_on_one_queue_pair()
    {
        using var pair = new Pair(builder => builder.WithSendCapacity(500), entries: 500);
        pair.FakeQueuePair.Records = false;
        using var stop = new CancellationTokenSource();
        Task completing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                pair.FakeQueuePair.CompleteSends(Math.Min(pair.FakeQueuePair.OutstandingSends, 7));
                Thread.Yield();
            }
        });
        Task<int>[] tasks =
        [
            .. Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
            {
                int done = 0;
                for (int i = 0; i < 200; i++)
                    done += (await pair.QueuePair.WriteAsync(pair.Write())).IsSuccess ? 1 : 0;
                return done;
            })),
        ];
        Assert.All(await Task.WhenAll(tasks), done => Assert.Equal(200, done));
        await stop.CancelAsync();
        await completing;
    }

    [Fact]
    public void Awaiting_what_is_done_allocates_nothing()
    {
        using var pair = new Pair();
        pair.Fake.CompletesAtOnce = true;
        pair.FakeQueuePair.Records = false;
        using var cancel = new CancellationTokenSource();
        AllocationMeter.AssertNone(() =>
        {
            ValueTask<WorkCompletion> write = pair.QueuePair.WriteAsync(pair.Write(), cancel.Token);
            if (!write.IsCompletedSuccessfully || !write.Result.IsSuccess)
                throw new InvalidOperationException("It is not done.");
        });
    }

    [Fact]
    public void The_work_table_gives_every_place_out_again_under_another_id()
    {
        var table = new WorkTable();
        using var pair = new Pair();
        var work = ScopeWork.Rent();
        HashSet<ulong> ids = [];
        for (int i = 0; i < 1000; i++)
        {
            ulong id = table.Add(work, i, pair.FakeQueuePair);
            Assert.True(ids.Add(id));
            Assert.True((id & WorkTable.IdBit) != 0);
            Assert.True(table.TryRemove(id, out _, out int tag, out _));
            Assert.Equal(i, tag);
            Assert.False(table.TryRemove(id, out _, out _, out _));
        }

        Assert.False(table.TryRemove(ulong.MaxValue, out _, out _, out _));
        Assert.Equal(0, table.Count);
    }
}
