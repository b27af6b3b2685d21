using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;
using static Scatterlist.Verbs.QueuePairAttributeMask;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>The states of a queue pair: what each allows, and what leads from one to the next.</summary>
public sealed class QueuePairStateTests
{
    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_send_is_refused_before_the_queue_pair_is_ready(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using var memory = RegisteredMemory.Make(domain, 4096);
        using var kit = QueuePairKit.Make(domain, new LinkOptions());
        QueuePair queuePair = kit.Prepared.ToUnconnected();

        Assert.Equal(Errno.EINVAL, queuePair.PostSend(new SendWorkRequest(memory.Region.Gather()), 1));
        Assert.Equal(
            Errno.EINVAL, queuePair.PostWrite(new WriteWorkRequest(memory.Region.Gather(), memory.Region.Remote), 1));
        Assert.Equal(
            Errno.EINVAL, queuePair.PostRead(new ReadWorkRequest(memory.Region.Scatter(), memory.Region.Remote), 1));
        kit.SendQueue.AssertNone();
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_receive_is_refused_in_reset_and_taken_from_init_on(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using var memory = RegisteredMemory.Make(domain, 4096);
        using var kit = QueuePairKit.Make(domain, new LinkOptions());
        QueuePair queuePair = kit.Prepared.ToUnconnected();

        Assert.Equal(Errno.None, queuePair.PostReceive(new ReceiveWorkRequest(memory.Region.Scatter()), 1));
        queuePair.Modify(new QueuePairAttributes { State = QueuePairState.Reset }, State);
        Assert.Equal(QueuePairState.Reset, queuePair.State);
        Assert.Equal(Errno.EINVAL, queuePair.PostReceive(new ReceiveWorkRequest(memory.Region.Scatter()), 1));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Every_step_of_a_connection_can_be_made_by_hand(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        LinkOptions options = rig.Suit(new LinkOptions());
        using var kit = QueuePairKit.Make(rig.Domain, options);
        Peers.PeerQueuePair peer = rig.Peer.CreateQueuePair(options);
        peer.Connect(kit.Endpoint);
        QueuePair queuePair = kit.Prepared.ToUnconnected();
        ConnectByHand(rig, queuePair, kit.Endpoint, peer.Endpoint);

        RegisteredMemory memory = rig.Register(4096);
        Peers.PeerRegion there = rig.Peer.Register(4096);
        Pattern.Fill(3, memory.Bytes(0, 4096));
        Assert.Equal(
            Errno.None, queuePair.PostWrite(new WriteWorkRequest(memory.Region.Gather(), there.Remote), 1));
        Assert.Equal(CompletionStatus.Success, kit.SendQueue.Next().Status);
        there.AssertHolds(3, 0, 4096);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_step_without_an_attribute_that_it_needs_names_the_attribute(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using var kit = QueuePairKit.Make(domain, new LinkOptions());
        QueuePair queuePair = kit.Prepared.ToUnconnected();
        (QueuePairAttributes attributes, QueuePairAttributeMask mask) =
            ToReceive(context, kit.Endpoint, reliable: true);
        foreach (QueuePairAttributeMask missing in Flags(mask & ~State))
        {
            VerbsException e = Assert.Throws<VerbsException>(() => queuePair.Modify(attributes, mask & ~missing));
            Assert.Equal(VerbsErrorKind.InvalidInput, e.Kind);
            Assert.Contains(missing.ToString(), e.Message, StringComparison.Ordinal);
            Assert.Equal(QueuePairState.Init, queuePair.State);
        }

        Assert.Throws<VerbsException>(() => queuePair.Modify(attributes, mask | SendPsn));
        queuePair.Modify(attributes, mask);
        (attributes, mask) = ToSend(kit.Endpoint);
        foreach (QueuePairAttributeMask missing in Flags(mask & ~State))
        {
            VerbsException e = Assert.Throws<VerbsException>(() => queuePair.Modify(attributes, mask & ~missing));
            Assert.Contains(missing.ToString(), e.Message, StringComparison.Ordinal);
        }

        queuePair.Modify(attributes, mask);
        Assert.Equal(QueuePairState.ReadyToSend, queuePair.State);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_step_that_does_not_exist_is_refused(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using var kit = QueuePairKit.Make(domain, new LinkOptions());
        QueuePair queuePair = kit.Prepared.ToUnconnected();
        (QueuePairAttributes attributes, QueuePairAttributeMask mask) = ToSend(kit.Endpoint);

        Assert.Throws<VerbsException>(() => queuePair.Modify(attributes, mask)); // from INIT past RTR
        queuePair.Modify(new QueuePairAttributes { State = QueuePairState.Reset }, State);
        (attributes, mask) = ToReceive(context, kit.Endpoint, reliable: true);
        Assert.Throws<VerbsException>(() => queuePair.Modify(attributes, mask)); // from RESET past INIT
        Assert.Equal(QueuePairState.Reset, queuePair.State);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Values_past_the_limits_are_refused(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using var kit = QueuePairKit.Make(domain, new LinkOptions());
        QueuePair queuePair = kit.Prepared.ToUnconnected();
        (QueuePairAttributes good, QueuePairAttributeMask mask) = ToReceive(context, kit.Endpoint, reliable: true);
        QueuePairAttributes badMtu = good, badDepth = good;
        badMtu.PathMtu = (Mtu)7;
        badDepth.MaxDestinationReadAtomic = byte.MaxValue;

        Assert.Throws<VerbsException>(() => queuePair.Modify(badMtu, mask));
        if (context.Attributes.MaxReadAtomic < byte.MaxValue && !Rxe.IsHere)
            Assert.Throws<VerbsException>(() => queuePair.Modify(badDepth, mask));
        queuePair.Modify(good, mask);
        Assert.SkipWhen(Rxe.IsHere, Rxe.NoLimitOfDepth);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Reads_in_flight_stay_within_the_peers_depth(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        foreach (byte depth in new byte[] { 1, 2, 5 })
        {
            Link link = rig.Connect(new LinkOptions { ReadAtomic = depth });
            link.PeerMemory.Fill(depth, 0, 64 * 1024);
            for (ulong i = 0; i < 30; i++)
                link.Post(link.Read(2000, i, (nuint)i * 2000));
            Assert.All(link.SendQueue.Next(30), wc => Assert.Equal(CompletionStatus.Success, wc.Status));
            Pattern.AssertIs(depth, link.Memory.Bytes(0, 60_000));
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Reads_and_atomics_at_a_depth_of_none_are_refused(Medium medium)
    {
        Assert.SkipWhen(Rxe.IsHere, Rxe.NoDepthOfNone);
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(new LinkOptions(), new LinkOptions { ReadAtomic = 0 });

        // The handshake has taken the peer's depth, so that this side already may not.
        Errno errno = link.Kit.Post(link.Read(8), link.Region);

        if (errno == Errno.None)
            Assert.NotEqual(CompletionStatus.Success, link.SendQueue.Next().Status);
        else
            Assert.Equal(Errno.EINVAL, errno);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_full_queue_takes_no_more_until_something_is_done(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(new LinkOptions { SendDepth = 4, ReceiveDepth = 4 });
        int sends = link.QueuePair.Capabilities.MaxSendWorkRequests;
        int receives = link.QueuePair.Capabilities.MaxReceiveWorkRequests;
        for (int i = 0; i < receives; i++)
            link.PostReceive((ulong)i);
        Assert.Equal(Errno.ENOMEM, link.QueuePair.PostReceive(new ReceiveWorkRequest(link.Region.Scatter()), 99));

        for (int i = 0; i < sends; i++)
            link.Post(Link.Send(10, (ulong)i)); // nothing is received yet, so that all stay
        Assert.Equal(Errno.ENOMEM, link.Kit.Post(Link.Send(10, 99), link.Region));
        link.PostPeerReceive(0, count: 4);

        Assert.Equal(CompletionStatus.Success, link.SendQueue.Next().Status);
        Assert.Equal(Errno.None, link.Kit.Post(link.Write(10, 100), link.Region));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void More_elements_than_the_queue_pair_has_are_refused(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(new LinkOptions { Elements = 2 });
        int most = link.QueuePair.Capabilities.MaxSendElements;
        GatherElement[] pieces = [.. Enumerable.Repeat(link.Region.Gather(0, 8), most + 1)];
        ScatterElement[] rooms =
            [.. Enumerable.Repeat(link.Region.Scatter(0, 8), link.QueuePair.Capabilities.MaxReceiveElements + 1)];

        Assert.Equal(Errno.EINVAL, link.QueuePair.PostSend(new SendWorkRequest(pieces), 1));
        Assert.Equal(Errno.EINVAL, link.QueuePair.PostWrite(new WriteWorkRequest(pieces, link.Target), 1));
        Assert.Equal(Errno.EINVAL, link.QueuePair.PostReceive(new ReceiveWorkRequest(rooms), 1));
        link.AssertAlive();
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void In_the_error_state_posts_are_taken_and_flushed_in_order(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        link.PostReceive(1);
        link.PostReceive(2);

        link.QueuePair.MoveToError();
        link.PostReceive(3);
        link.Post(link.Write(10, 11));
        link.Post(link.Write(10, 12) with { Unsignaled = true });
        link.Post(Link.Send(10, 13));

        Assert.Equal([1, 2, 3], link.ReceiveQueue.Next(3).Select(Flushed));
        Assert.Equal([11, 12, 13], link.SendQueue.Next(3).Select(Flushed));
        Assert.Equal(QueuePairState.Error, link.QueuePair.State);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Outstanding_sends_are_flushed_by_the_error_state(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        for (ulong i = 0; i < 10; i++)
            link.Post(Link.Send(100, i) with { Unsignaled = i % 2 == 0 }); // the peer has no receive

        link.QueuePair.MoveToError();

        Assert.Equal(Enumerable.Range(0, 10), link.SendQueue.Next(10).Select(Flushed));
        link.SendQueue.AssertNone();
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_queue_pair_lives_again_after_a_reset(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        LinkOptions options = rig.Suit(new LinkOptions());
        using var kit = QueuePairKit.Make(rig.Domain, options);
        QueuePair queuePair = kit.Prepared.ToUnconnected();
        RegisteredMemory memory = rig.Register(4096);
        Peers.PeerRegion there = rig.Peer.Register(4096);
        for (int round = 0; round < 3; round++)
        {
            Peers.PeerQueuePair peer = rig.Peer.CreateQueuePair(options);
            peer.Connect(kit.Endpoint);
            if (round != 0)
            {
                queuePair.Modify(
                    new QueuePairAttributes
                    {
                        State = QueuePairState.Init, Port = 1, AccessFlags = LinkOptions.EveryRemoteRight,
                    },
                    State | PKeyIndex | Port | QueuePairAttributeMask.AccessFlags);
            }

            ConnectByHand(rig, queuePair, kit.Endpoint, peer.Endpoint);
            Assert.Equal(
                Errno.None, queuePair.PostWrite(new WriteWorkRequest(memory.Region.Gather(), there.Remote), 1));
            Assert.Equal(CompletionStatus.Success, kit.SendQueue.Next().Status);
            Assert.Equal(Errno.None, queuePair.PostReceive(new ReceiveWorkRequest(memory.Region.Scatter()), 2));

            queuePair.Modify(new QueuePairAttributes { State = QueuePairState.Reset }, State);

            kit.ReceiveQueue.AssertNone(); // a reset drops work without a word
            peer.Dispose();
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_drained_queue_pair_keeps_new_sends_until_it_goes_on(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        link.AssertAlive();
        link.QueuePair.Modify(
            new QueuePairAttributes { State = QueuePairState.SendQueueDrain, EnableDrainedEvent = true },
            State | EnableDrainedEvent);

        AsyncEvent drained = default;
        Eventually.True(
            () => rig.Context.TryGetAsyncEvent(out drained) && drained.Type == AsyncEventType.SendQueueDrained,
            "No event tells that the send queue is drained.");
        Assert.Same(link.QueuePair, drained.Element);
        link.Post(link.Write(10, 5));
        link.SendQueue.AssertNone();

        link.QueuePair.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend }, State);
        if (Rxe.IsHere)
            link.Post(link.Write(10, 6)); // rdma_rxe was seen to go on with what waits at the next post only
        Assert.Equal((5ul, CompletionStatus.Success), link.SendQueue.Next() is var wc ? (wc.Id, wc.Status) : default);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Rights_of_a_queue_pair_can_be_changed_while_it_runs(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        Assert.Equal(
            Errno.None,
            link.Peer.Post(
                new Work(WorkRequestOpcode.RdmaWrite, 1) { Length = 8, Target = link.Region.Remote }, link.PeerMemory));
        Assert.Equal(CompletionStatus.Success, link.Peer.NextSend().Status);

        link.QueuePair.Modify(
            new QueuePairAttributes { AccessFlags = AccessFlags.RemoteRead }, QueuePairAttributeMask.AccessFlags);

        Assert.Equal(
            Errno.None,
            link.Peer.Post(
                new Work(WorkRequestOpcode.RdmaWrite, 2) { Length = 8, Target = link.Region.Remote }, link.PeerMemory));
        Assert.Equal(CompletionStatus.RemoteInvalidRequestError, link.Peer.NextSend().Status);
    }

    private static int Flushed(Completion completion)
    {
        Assert.Equal(CompletionStatus.WorkRequestFlushedError, completion.Status);
        return (int)completion.Id;
    }

    private static IEnumerable<QueuePairAttributeMask> Flags(QueuePairAttributeMask mask) =>
        Enum.GetValues<QueuePairAttributeMask>().Where(flag => (mask & flag) != 0);

    private static void ConnectByHand(
        Rig rig, QueuePair queuePair, QueuePairEndpoint own, QueuePairEndpoint remote)
    {
        (QueuePairAttributes attributes, QueuePairAttributeMask mask) = ToReceive(rig.Context, remote, reliable: true);
        queuePair.Modify(attributes, mask);
        Assert.Equal(QueuePairState.ReadyToReceive, queuePair.State);
        (attributes, mask) = ToSend(own);
        queuePair.Modify(attributes, mask);
        Assert.Equal(QueuePairState.ReadyToSend, queuePair.State);
    }

    private static (QueuePairAttributes Attributes, QueuePairAttributeMask Mask) ToReceive(
        Context context, QueuePairEndpoint remote, bool reliable) => (
        new QueuePairAttributes
        {
            State = QueuePairState.ReadyToReceive,
            AddressVector = new AddressHandleAttributes(remote.Gid, (byte)context.GetDefaultGid().Index),
            PathMtu = remote.Mtu,
            DestinationQueuePairNumber = remote.Number,
            ReceivePsn = remote.Psn,
            MaxDestinationReadAtomic = 1,
            MinRnrTimer = 1,
        },
        State | AddressVector | PathMtu | DestinationQueuePairNumber | ReceivePsn
            | (reliable ? MaxDestinationReadAtomic | MinRnrTimer : 0));

    private static (QueuePairAttributes Attributes, QueuePairAttributeMask Mask) ToSend(QueuePairEndpoint own) => (
        new QueuePairAttributes
        {
            State = QueuePairState.ReadyToSend, SendPsn = own.Psn, Timeout = 12, RetryCount = 7, RnrRetry = 7,
            MaxReadAtomic = 1,
        },
        State | SendPsn | QueuePairAttributeMask.Timeout | RetryCount | RnrRetry | MaxReadAtomic);
}
