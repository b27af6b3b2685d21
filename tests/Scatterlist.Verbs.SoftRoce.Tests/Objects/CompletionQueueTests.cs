using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Tests.Objects;

public sealed class CompletionQueueTests : IDisposable
{
    private readonly SoftContext _nic = TestNic.Open();

    public void Dispose() => _nic.Dispose();

    [Fact]
    public void Completions_come_out_once_and_in_order()
    {
        using var queue = (SoftCompletionQueue)_nic.CreateCompletionQueue(100, null, 0);
        var taken = new WorkCompletion[7];
        ulong next = 0;
        for (ulong id = 0; id < 1000; id++)
        {
            queue.Push(TestNic.Completion(id), solicited: false);
            if (id % 60 == 59)
                Drain();
        }

        Drain();
        Assert.Equal(1000ul, next);

        void Drain()
        {
            for (int count = queue.Poll(taken); count > 0; count = queue.Poll(taken))
            {
                for (int i = 0; i < count; i++)
                    Assert.Equal(next++, taken[i].Id);
            }
        }
    }

    [Fact]
    public void Many_pollers_share_the_completions_of_one_producer()
    {
        const int Total = 200_000;
        using var queue = (SoftCompletionQueue)_nic.CreateCompletionQueue(256, null, 0);
        int[] seen = new int[Total];
        int taken = 0;
        Thread[] pollers =
        [
            .. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
            {
                var buffer = new WorkCompletion[16];
                while (Volatile.Read(ref taken) < Total)
                {
                    int count = queue.Poll(buffer);
                    for (int i = 0; i < count; i++)
                        Interlocked.Increment(ref seen[(int)buffer[i].Id]);
                    Interlocked.Add(ref taken, count);
                }
            })),
        ];
        Array.ForEach(pollers, poller => poller.Start());
        for (int id = 0; id < Total; id++)
        {
            while (id - Volatile.Read(ref taken) >= 200)
                Thread.Yield();
            _nic.Engine.Enter();
            queue.Push(TestNic.Completion((ulong)id), solicited: false);
            _nic.Engine.Exit();
        }

        Array.ForEach(pollers, poller => poller.Join());
        Assert.All(seen, count => Assert.Equal(1, count));
    }

    [Fact]
    public void An_overflow_is_an_event_and_what_fitted_is_kept()
    {
        using var queue = (SoftCompletionQueue)_nic.CreateCompletionQueue(3, null, 0);
        for (ulong id = 0; id < 5; id++)
            queue.Push(TestNic.Completion(id), solicited: false);
        Assert.True(_nic.TryGetAsyncEvent(out AsyncEventType type, out NativeHandle? element, out _));
        Assert.Equal(AsyncEventType.CompletionQueueError, type);
        Assert.Same(queue, element);
        Assert.False(_nic.TryGetAsyncEvent(out _, out _, out _));
        Assert.Equal(3, queue.Poll(new WorkCompletion[10]));
    }

    [Fact]
    public void An_armed_queue_makes_one_event()
    {
        using var channel = (SoftCompletionChannel)_nic.CreateCompletionChannel();
        using var queue = (SoftCompletionQueue)_nic.CreateCompletionQueue(8, channel, 0);
        queue.Push(TestNic.Completion(0), solicited: false);
        Assert.Null(channel.TryTakeEvent());
        Assert.Equal(Errno.None, queue.RequestNotification(solicitedOnly: false));
        queue.Push(TestNic.Completion(1), solicited: false);
        queue.Push(TestNic.Completion(2), solicited: false);
        Assert.Same(queue, channel.TryTakeEvent());
        Assert.Null(channel.TryTakeEvent());
    }

    [Fact]
    public void A_queue_armed_for_solicited_ones_sleeps_through_the_others_but_not_through_an_error()
    {
        using var channel = (SoftCompletionChannel)_nic.CreateCompletionChannel();
        using var queue = (SoftCompletionQueue)_nic.CreateCompletionQueue(8, channel, 0);
        queue.RequestNotification(solicitedOnly: true);
        queue.Push(TestNic.Completion(0), solicited: false);
        Assert.Null(channel.TryTakeEvent());
        queue.Push(TestNic.Completion(1), solicited: true);
        Assert.Same(queue, channel.TryTakeEvent());
        queue.RequestNotification(solicitedOnly: true);
        queue.Push(TestNic.Completion(2, CompletionStatus.RetryExceededError), solicited: false);
        Assert.Same(queue, channel.TryTakeEvent());
    }

    [Fact]
    public void Events_of_a_disposed_queue_are_gone()
    {
        using var channel = (SoftCompletionChannel)_nic.CreateCompletionChannel();
        var queue = (SoftCompletionQueue)_nic.CreateCompletionQueue(8, channel, 0);
        queue.RequestNotification(solicitedOnly: false);
        queue.Push(TestNic.Completion(0), solicited: false);
        queue.Dispose();
        Assert.Null(channel.TryTakeEvent());
    }

    [Fact]
    public void A_resize_keeps_what_waits_and_refuses_to_lose_any()
    {
        using var queue = (SoftCompletionQueue)_nic.CreateCompletionQueue(16, null, 0);
        var one = new WorkCompletion[1];
        for (ulong id = 0; id < 12; id++)
            queue.Push(TestNic.Completion(id), solicited: false);
        for (ulong id = 0; id < 4; id++)
            Assert.Equal(1, queue.Poll(one));
        Assert.Equal(Errno.EINVAL, queue.Resize(7));
        Assert.Equal(Errno.None, queue.Resize(8));
        Assert.Equal(8, queue.Capacity);
        for (ulong id = 4; id < 12; id++)
        {
            Assert.Equal(1, queue.Poll(one));
            Assert.Equal(id, one[0].Id);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData((1 << 20) + 1)]
    public void A_size_that_the_device_does_not_have_is_refused(int entries) => Assert.Equal(
        VerbsErrorKind.InvalidInput,
        Assert.Throws<VerbsException>(() => _nic.CreateCompletionQueue(entries, null, 0)).Kind);
}
