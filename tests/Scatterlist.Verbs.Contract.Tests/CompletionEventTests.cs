using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Completion channels: being told instead of polling.</summary>
public sealed class CompletionEventTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [ClassData(typeof(AllMedia))]
    public async Task A_completion_makes_one_event_for_one_request(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        using CompletionChannel channel = rig.Context.CreateCompletionChannel();
        Link link = ConnectWith(rig, channel);
        Assert.True(channel.Descriptor >= 0);
        link.PostReceive(1);
        link.PostReceive(2);
        Assert.Equal(Errno.None, link.ReceiveQueue.RequestNotification());
        Assert.Null(channel.TryGetEvent());

        Assert.Equal(Errno.None, link.Peer.Post(Link.Send(10), link.PeerMemory));
        CompletionQueue told = await channel.GetEventAsync(new CancellationTokenSource(Limit).Token);

        Assert.Same(link.ReceiveQueue, told);
        Assert.Equal(1ul, link.ReceiveQueue.Next().Id);
        Assert.Equal(Errno.None, link.Peer.Post(Link.Send(10), link.PeerMemory));
        Assert.Equal(2ul, link.ReceiveQueue.Next().Id);
        Assert.Null(channel.TryGetEvent()); // not asked for again
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public async Task Every_message_can_be_waited_for_by_events(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        using CompletionChannel channel = rig.Context.CreateCompletionChannel();
        Link link = ConnectWith(rig, channel);
        const int Count = 200;
        for (ulong i = 0; i < 32; i++)
            link.PostReceive(i);
        Peers.PeerTask storm = link.Peer.StartSends(link.PeerMemory, 100, Count);

        int taken = 0;
        using var deadline = new CancellationTokenSource(Limit);
        while (taken < Count)
        {
            Assert.Equal(Errno.None, link.ReceiveQueue.RequestNotification());
            int polled = Drain(link);
            taken += polled;
            if (polled == 0)
                await channel.GetEventAsync(deadline.Token);
        }

        Assert.Equal("", storm.Finish());
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public async Task Only_solicited_messages_and_failures_wake_who_asked_for_those(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        using CompletionChannel channel = rig.Context.CreateCompletionChannel();
        Link link = ConnectWith(rig, channel);
        for (ulong i = 1; i <= 5; i++)
            link.PostReceive(i);
        Assert.Equal(Errno.None, link.ReceiveQueue.RequestNotification(solicitedOnly: true));

        Assert.Equal(Errno.None, link.Peer.Post(Link.Send(10), link.PeerMemory));
        Assert.Equal(1ul, link.ReceiveQueue.Next().Id);
        Assert.Null(channel.TryGetEvent());

        Assert.Equal(Errno.None, link.Peer.Post(Link.Send(10) with { Solicited = true }, link.PeerMemory));
        Assert.Same(link.ReceiveQueue, await channel.GetEventAsync(new CancellationTokenSource(Limit).Token));
        Assert.Equal(2ul, link.ReceiveQueue.Next().Id);

        Assert.SkipWhen(Rxe.IsHere, Rxe.NoEventOfFailures);
        Assert.Equal(Errno.None, link.ReceiveQueue.RequestNotification(solicitedOnly: true));
        link.QueuePair.MoveToError(); // flushes the other receives: failures
        Assert.Same(link.ReceiveQueue, await channel.GetEventAsync(new CancellationTokenSource(Limit).Token));
        Assert.All(
            link.ReceiveQueue.Next(3), wc => Assert.Equal(CompletionStatus.WorkRequestFlushedError, wc.Status));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public async Task Datagrams_make_events_as_well(Medium medium)
    {
        Assert.SkipWhen(medium == Medium.ProcessesUdpLossy, "Datagrams may be lost on this link.");
        using Rig rig = Rig.Open(medium);
        using CompletionChannel channel = rig.Context.CreateCompletionChannel();
        Link link = ConnectWith(rig, channel, new LinkOptions { Type = QueuePairType.UnreliableDatagram });
        link.PostReceive(1);
        Assert.Equal(Errno.None, link.ReceiveQueue.RequestNotification());

        Assert.Equal(
            Errno.None,
            link.Peer.Post(Link.Send(100), link.PeerMemory, link.Kit.Endpoint, link.Kit.Endpoint.QueueKey));

        Assert.Same(link.ReceiveQueue, await channel.GetEventAsync(new CancellationTokenSource(Limit).Token));
        Assert.Equal(140u, link.ReceiveQueue.Next().ByteLength);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public async Task Waiting_for_an_event_can_be_cancelled(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using CompletionChannel channel = context.CreateCompletionChannel();
        using CompletionQueue queue = context.CreateCompletionQueue(16, channel);
        Assert.Same(channel, queue.Channel);
        Assert.Equal(Errno.None, queue.RequestNotification());
        using var cancel = new CancellationTokenSource();

        ValueTask<CompletionQueue> wait = channel.GetEventAsync(cancel.Token);
        Assert.False(wait.IsCompleted);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await wait);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_queue_without_a_channel_of_the_program_makes_no_events(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using CompletionQueue queue = context.CreateCompletionQueue(16);

        Assert.Null(queue.Channel);
        Assert.Equal(Errno.EINVAL, queue.RequestNotification());
    }

    private static Link ConnectWith(Rig rig, CompletionChannel channel, LinkOptions? options = null)
    {
        LinkOptions suited = rig.Suit(options ?? new LinkOptions());
        CompletionQueue receives = rig.Own(rig.Context.CreateCompletionQueue(256, channel));
        return rig.Connect(rig.Own(QueuePairKit.Make(rig.Domain, suited, null, null, receives)));
    }

    private static int Drain(Link link)
    {
        var batch = new WorkCompletion[16];
        int all = 0;
        for (int polled; (polled = link.ReceiveQueue.Poll(batch)) > 0; all += polled)
        {
            foreach (WorkCompletion completion in batch.AsSpan(0, polled))
            {
                Assert.Equal(CompletionStatus.Success, completion.Status);
                link.PostReceive(completion.Id);
            }
        }

        return all;
    }
}
