using Scatterlist.Verbs.Tests.Fakes;

namespace Scatterlist.Verbs.Tests.Waiting;

/// <summary>A scope ends when its work is done, however it is left.</summary>
public sealed class ScopeTests
{
    [Fact]
    public void The_end_of_a_scope_waits_for_its_work()
    {
        using var pair = new Pair();
        Task completing;
        using (WorkScope scope = pair.QueuePair.BeginScope())
        {
            for (int i = 0; i < 5; i++)
                Assert.Equal(Errno.None, scope.PostWrite(pair.Write()));
            Assert.Equal(Errno.None, scope.PostReceive(new ReceiveWorkRequest(pair.Region.Scatter())));
            Assert.Equal((6, 6), (scope.Outstanding, scope.Posted));
            completing = Task.Run(() =>
            {
                Thread.Sleep(50); // long enough that the scope sleeps
                pair.FakeQueuePair.CompleteSends(5);
                Thread.Sleep(20);
                pair.FakeQueuePair.CompleteReceive(1);
            });
        }

        Assert.True(completing.IsCompleted || completing.Wait(1000));
        Assert.Equal(0, pair.FakeQueuePair.OutstandingSends);
        Assert.Equal(QueuePairState.ReadyToSend, pair.QueuePair.State);
    }

    [Fact]
    public void Leaving_by_an_exception_waits_as_well()
    {
        using var pair = new Pair();
        bool completed = false;
        Assert.Throws<InvalidOperationException>(() =>
        {
            using WorkScope scope = pair.QueuePair.BeginScope();
            scope.PostWrite(pair.Write());
            Task.Run(() =>
            {
                Thread.Sleep(30);
                completed = true;
                pair.FakeQueuePair.CompleteSends(1);
            });
            if (scope.Posted == 1)
                throw new InvalidOperationException("out");
        });
        Assert.True(completed);
    }

    [Fact]
    public void Work_that_never_completes_is_flushed_by_the_end()
    {
        using var pair = new Pair();
        using (WorkScope scope = pair.QueuePair.BeginScope(TimeSpan.FromMilliseconds(20)))
        {
            scope.PostReceive(new ReceiveWorkRequest(pair.Region.Scatter()));
            scope.PostWrite(pair.Write());
        }

        Assert.Equal(QueuePairState.Error, pair.QueuePair.State);
        Assert.False(pair.Queue.Tracks(pair.FakeQueuePair));
        Assert.False(pair.Queue.TryPoll(out _));
    }

    [Fact]
    public void Completions_are_told_apart_and_carry_the_program_s_ids()
    {
        using var pair = new Pair();
        using WorkScope scope = pair.QueuePair.BeginScope();
        Assert.Equal(Errno.None, scope.PostWrite(pair.Write(), out ScopedWork first, 11));
        Assert.Equal(Errno.None, scope.PostRead(
            new ReadWorkRequest(pair.Region.Scatter(0, 8), pair.Remote), out ScopedWork second, 12));
        Assert.False(scope.TryGetCompletion(first, out _));
        Assert.False(scope.TryWait(first, TimeSpan.FromMilliseconds(5), out _));
        pair.FakeQueuePair.CompleteSends(1);
        Assert.Equal(11ul, scope.Wait(first).Id);
        Assert.Equal(1, scope.Outstanding);
        pair.FakeQueuePair.CompleteSends(1, CompletionStatus.RemoteAccessError);
        WorkCompletion failed = scope.Wait(second);
        Assert.Equal((12ul, CompletionStatus.RemoteAccessError), (failed.Id, failed.Status));
        Assert.False(scope.WaitAll());
        Assert.Equal(12ul, scope.FirstFailure!.Value.Id);
        Assert.True(scope.TryGetCompletion(first, out WorkCompletion again));
        Assert.True(again.IsSuccess);
    }

    [Fact]
    public void A_refused_post_is_not_outstanding()
    {
        using var pair = new Pair(builder => builder.WithSendCapacity(1));
        using WorkScope scope = pair.QueuePair.BeginScope();
        Assert.Equal(Errno.None, scope.PostWrite(pair.Write()));
        Assert.Equal(Errno.ENOMEM, scope.PostWrite(pair.Write()));
        Assert.Equal((1, 1), (scope.Outstanding, scope.Posted));
        pair.FakeQueuePair.CompleteSends(1);
        Assert.True(scope.WaitAll());
    }

    [Fact]
    public void Scopes_in_scopes_wait_for_their_own_work()
    {
        using var pair = new Pair();
        using WorkScope outer = pair.QueuePair.BeginScope();
        outer.PostReceive(new ReceiveWorkRequest());
        ScopedWork foreign;
        using (WorkScope inner = pair.QueuePair.BeginScope())
        {
            inner.PostWrite(pair.Write(), out foreign);
            pair.FakeQueuePair.CompleteSends(1);
        }

        Assert.Equal(1, outer.Outstanding);
        try
        {
            outer.Wait(foreign);
            Assert.Fail("The work of another scope was taken.");
        }
        catch (ArgumentException)
        {
        }

        pair.FakeQueuePair.CompleteReceive(0);
        Assert.True(outer.WaitAll());
    }

    [Fact]
    public void A_scope_that_ended_is_not_used_again()
    {
        using var pair = new Pair();
        WorkScope scope = pair.QueuePair.BeginScope();
        scope.Dispose();
        scope.Dispose();
        using WorkScope next = pair.QueuePair.BeginScope(); // takes the same state from the pool
        try
        {
            scope.PostWrite(pair.Write());
            Assert.Fail("An ended scope posted.");
        }
        catch (ObjectDisposedException)
        {
        }

        Assert.Equal(0, next.Posted);
        default(WorkScope).Dispose();
    }

    [Fact]
    public void A_scope_works_with_a_channel_of_the_program_too()
    {
        using var pair = new Pair(ownChannel: true);
        using (WorkScope scope = pair.QueuePair.BeginScope())
        {
            scope.PostWrite(pair.Write());
            Task.Run(() =>
            {
                Thread.Sleep(20);
                pair.FakeQueuePair.CompleteSends(1);
            });
        }

        Assert.Equal(0, pair.FakeQueuePair.OutstandingSends);
    }

    [Fact]
    public void Disposing_the_queue_pair_inside_ends_the_scope()
    {
        using var pair = new Pair();
        using (WorkScope scope = pair.QueuePair.BeginScope())
        {
            scope.PostReceive(new ReceiveWorkRequest());
            pair.QueuePair.Dispose();
        }

        Eventually.True(() => pair.Fake.Released.Contains("qp"), "The native queue pair stays.");
    }

    [Fact]
    public void Random_work_in_scopes_always_drains() => SeededRandom.Run(30, random =>
    {
        using var pair = new Pair(builder => builder.WithSendCapacity(64), entries: 500);
        pair.FakeQueuePair.Records = false;
        using var stop = new CancellationTokenSource();
        Task completing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                pair.FakeQueuePair.CompleteSends(Math.Min(pair.FakeQueuePair.OutstandingSends, 3));
                Thread.Yield();
            }
        });
        for (int round = 0; round < 10; round++)
        {
            int posted = random.Next(30);
            using (WorkScope scope = pair.QueuePair.BeginScope())
            {
                for (int i = 0; i < posted; i++)
                    Assert.Equal(Errno.None, scope.PostWrite(pair.Write()));
                if (random.Next(2) == 0)
                    Assert.True(scope.WaitAll());
            }

            Assert.False(pair.Queue.Tracks(pair.FakeQueuePair));
        }

        stop.Cancel();
        completing.Wait();
    });

    [Fact]
    public void A_scope_allocates_nothing_once_its_room_is_there()
    {
        using var pair = new Pair();
        pair.Fake.CompletesAtOnce = true;
        pair.FakeQueuePair.Records = false;
        AllocationMeter.AssertNone(() =>
        {
            using WorkScope scope = pair.QueuePair.BeginScope();
            for (int i = 0; i < 8; i++)
                scope.PostWrite(pair.Write());
            scope.PostWrite(pair.Write(), out ScopedWork work);
            scope.Wait(work);
        });
    }
}
