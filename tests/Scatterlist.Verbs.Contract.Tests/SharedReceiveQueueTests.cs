using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Peers;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Shared receive queues.</summary>
public sealed class SharedReceiveQueueTests
{
    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Queue_pairs_take_their_receives_from_the_shared_queue(Medium medium)
    {
        using Rig rig = OpenWithSharedQueues(medium);
        PeerSharedQueue shared = rig.Peer.CreateSharedReceiveQueue(64);
        Link[] links = [.. Enumerable.Range(0, 3).Select(_ => ConnectTo(rig, shared))];
        PeerRegion rooms = rig.Peer.Register(64 * 1024);
        for (ulong slot = 0; slot < 16; slot++)
            Assert.Equal(Errno.None, shared.Post(rooms, (nuint)slot * 4096, 4096, slot));

        var ids = new HashSet<ulong>();
        for (int round = 0; round < 4; round++)
        {
            foreach (Link link in links)
            {
                ulong seed = (ulong)(1 + ids.Count);
                Pattern.Fill(seed, link.Memory.Bytes(0, 3000));
                link.DoWell(Link.Send(3000));
                Completion received = link.Peer.NextReceive();
                Assert.Equal((CompletionStatus.Success, 3000u), (received.Status, received.ByteLength));
                Assert.Equal(link.Peer.Endpoint.Number, received.QueuePairNumber);
                rooms.AssertHolds(seed, (nuint)received.Id * 4096, 3000);
                Assert.True(ids.Add(received.Id));
            }
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Writes_with_immediate_data_take_from_the_shared_queue_too(Medium medium)
    {
        using Rig rig = OpenWithSharedQueues(medium);
        PeerSharedQueue shared = rig.Peer.CreateSharedReceiveQueue(8);
        Link link = ConnectTo(rig, shared);
        Assert.Equal(Errno.None, shared.Post(link.PeerMemory, 0, 64, 5));

        link.DoWell(link.Write(100) with { Opcode = WorkRequestOpcode.RdmaWriteWithImmediate, Immediate = 3 });

        Completion received = link.Peer.NextReceive();
        Assert.Equal((5ul, 3u, 100u), (received.Id, received.Immediate!.Value, received.ByteLength));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void An_empty_shared_queue_makes_the_sender_wait(Medium medium)
    {
        using Rig rig = OpenWithSharedQueues(medium);
        PeerSharedQueue shared = rig.Peer.CreateSharedReceiveQueue(8);
        Link link = ConnectTo(rig, shared);
        link.Post(Link.Send(10, 4));
        link.SendQueue.AssertNone();

        Assert.Equal(Errno.None, shared.Post(link.PeerMemory, 0, 64, 5));

        Assert.Equal((4ul, CompletionStatus.Success), link.SendQueue.Next() is var wc ? (wc.Id, wc.Status) : default);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Falling_below_the_limit_is_told_once(Medium medium)
    {
        using Rig rig = OpenWithSharedQueues(medium);
        PeerSharedQueue shared = rig.Peer.CreateSharedReceiveQueue(16);
        Link link = ConnectTo(rig, shared);
        for (ulong i = 0; i < 6; i++)
            Assert.Equal(Errno.None, shared.Post(link.PeerMemory, 0, 64, i));
        shared.Arm(4);
        link.DoWell(Link.Send(10, 1));
        link.DoWell(Link.Send(10, 2)); // 4 are left: not below the limit

        link.DoWell(Link.Send(10, 3));

        Assert.Equal(
            AsyncEventType.SharedReceiveQueueLimitReached, NextBut(rig, AsyncEventType.CommunicationEstablished));
        link.DoWell(Link.Send(10, 4));
        Assert.Null(rig.Peer.TakeEvent(milliseconds: 30));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_shared_queue_tells_its_sizes_and_takes_new_ones(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        Assert.SkipUnless(context.Attributes.MaxSharedReceiveQueues > 0, "The device has no shared receive queues.");
        using ProtectionDomain domain = context.AllocateDomain();
        using SharedReceiveQueue queue = domain.CreateSharedReceiveQueue(20);
        Assert.True(queue.Query().MaxWorkRequests >= 20);
        Assert.True(queue.Query().MaxElements >= 1);
        Assert.Equal(0, queue.Query().Limit);

        using var memory = RegisteredMemory.Make(domain, 4096);
        for (ulong i = 0; i < 10; i++)
            Assert.Equal(Errno.None, queue.PostReceive(new ReceiveWorkRequest(memory.Region.Scatter()), i));
        queue.SetLimit(7); // with fewer it would be told at once
        Assert.Equal(7, queue.Query().Limit);
        Assert.Throws<VerbsException>(() => queue.SetLimit(queue.Query().MaxWorkRequests + 1));

        const uint Resizable = 1 << 13;
        Assert.SkipUnless((context.Attributes.CapabilityFlags & Resizable) != 0, "Shared queues do not resize here.");
        queue.Resize(200);
        Assert.True(queue.Query().MaxWorkRequests >= 200);
        Assert.Throws<VerbsException>(() => queue.Resize(context.Attributes.MaxSharedReceiveWorkRequests + 1));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_full_shared_queue_takes_no_more(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        Assert.SkipUnless(context.Attributes.MaxSharedReceiveQueues > 0, "The device has no shared receive queues.");
        using ProtectionDomain domain = context.AllocateDomain();
        using var memory = RegisteredMemory.Make(domain, 4096);
        using SharedReceiveQueue queue = domain.CreateSharedReceiveQueue(4);
        int room = queue.Query().MaxWorkRequests;
        for (int i = 0; i < room; i++)
            Assert.Equal(Errno.None, queue.PostReceive(new ReceiveWorkRequest(memory.Region.Scatter()), (ulong)i));

        Assert.Equal(Errno.ENOMEM, queue.PostReceive(new ReceiveWorkRequest(memory.Region.Scatter()), 99));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Sizes_past_the_limits_are_refused(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        DeviceAttributes limits = context.Attributes;

        Assert.Throws<VerbsException>(
            () => domain.CreateSharedReceiveQueue(limits.MaxSharedReceiveWorkRequests + 1));
        Assert.Throws<VerbsException>(() => domain.CreateSharedReceiveQueue(0));
        Assert.Throws<VerbsException>(
            () => domain.CreateSharedReceiveQueue(4, limits.MaxSharedReceiveElements + 1));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_queue_pair_that_ends_leaves_the_shared_receives_to_the_others(Medium medium)
    {
        using Rig rig = OpenWithSharedQueues(medium);
        PeerSharedQueue shared = rig.Peer.CreateSharedReceiveQueue(16);
        Link first = ConnectTo(rig, shared);
        Link second = ConnectTo(rig, shared);
        for (ulong i = 0; i < 4; i++)
            Assert.Equal(Errno.None, shared.Post(first.PeerMemory, 0, 64, i));

        first.Peer.Modify(QueuePairState.Error);
        Assert.Equal(
            AsyncEventType.QueuePairLastWorkRequestReached, NextBut(rig, AsyncEventType.CommunicationEstablished));
        first.Peer.Dispose();

        for (ulong i = 0; i < 4; i++)
            second.DoWell(Link.Send(10, i));
        Assert.All(second.Peer.Poll(receives: true, 4), wc => Assert.Equal(CompletionStatus.Success, wc.Status));
    }

    private static AsyncEventType? NextBut(Rig rig, AsyncEventType other)
    {
        AsyncEventType? found;
        do
            found = rig.Peer.TakeEvent();
        while (found == other);
        return found;
    }

    private static Rig OpenWithSharedQueues(Medium medium)
    {
        Rig rig = Rig.Open(medium);
        bool able = rig.Context.Attributes.MaxSharedReceiveQueues > 0;
        if (!able)
            rig.Dispose();
        Assert.SkipUnless(able, "The device has no shared receive queues.");
        return rig;
    }

    private static Link ConnectTo(Rig rig, PeerSharedQueue shared) =>
        rig.Connect(new LinkOptions(), new LinkOptions { SharedReceiveQueue = shared.Number });
}
