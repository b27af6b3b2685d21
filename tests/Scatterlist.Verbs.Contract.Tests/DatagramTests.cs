using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Peers;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Datagram queue pairs and address handles.</summary>
public sealed class DatagramTests
{
    /// <summary>The room for the route's header in front of every received datagram.</summary>
    private const int Header = 40;

    private static readonly LinkOptions Datagram = new() { Type = QueuePairType.UnreliableDatagram };

    [Theory]
    [ClassData(typeof(SteadyMedia))]
    public void A_datagram_arrives_behind_the_room_for_its_header(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Datagram);
        foreach (int length in new[] { 1, 3, 64, 1000, MtuOf(rig) })
        {
            Pattern.Fill((ulong)length, link.Memory.Bytes(0, length));
            link.PostPeerReceive((ulong)length, 0, 8192);
            Send(link, Link.Send(length));

            Completion received = link.Peer.NextReceive();
            Assert.Equal(((ulong)length, (uint)(length + Header)), (received.Id, received.ByteLength));
            Assert.Equal(link.QueuePair.Number, received.SourceQueuePairNumber);
            Assert.NotEqual(CompletionFlags.None, received.Flags & CompletionFlags.GlobalRoute);
            link.PeerMemory.AssertHolds((ulong)length, Header, length);
        }
    }

    [Theory]
    [ClassData(typeof(SteadyMedia))]
    public void A_datagram_of_no_bytes_and_immediate_data_arrive(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Datagram);
        link.PostPeerReceive(1);
        link.PostPeerReceive(2);

        Send(link, Link.Send(0));
        Assert.Equal((uint)Header, link.Peer.NextReceive().ByteLength);
        Send(link, Link.Send(20) with { Opcode = WorkRequestOpcode.SendWithImmediate, Immediate = 0xfeed });
        Completion received = link.Peer.NextReceive();
        Assert.Equal((0xfeedu, 20u + Header), (received.Immediate!.Value, received.ByteLength));
    }

    [Theory]
    [ClassData(typeof(SteadyMedia))]
    public void The_peer_answers_who_sent(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Datagram);
        link.PostPeerReceive(1);
        link.PostReceive(2);
        Send(link, Link.Send(10));
        Assert.Equal(link.Kit.Endpoint.Number, link.Peer.NextReceive().SourceQueuePairNumber);

        Assert.Equal(
            Errno.None,
            link.Peer.Post(Link.Send(500), link.PeerMemory, link.Kit.Endpoint, link.Kit.Endpoint.QueueKey));

        Completion answer = link.ReceiveQueue.Next();
        Assert.Equal(link.Peer.Endpoint.Number, answer.SourceQueuePairNumber);
        Assert.Equal(540u, answer.ByteLength);
    }

    [Theory]
    [ClassData(typeof(SteadyMedia))]
    public void A_wrong_queue_key_or_too_little_room_drops_the_datagram(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Datagram);
        link.PostPeerReceive(1, 0, 8192);
        Assert.Equal(
            Errno.None,
            link.Kit.PostDatagram(Link.Send(10, 1), link.Region, link.Peer.Endpoint, Datagram.QueueKey + 1));
        Assert.Equal(CompletionStatus.Success, link.SendQueue.Next().Status);

        Send(link, Link.Send(11, 2)); // the first one took nothing
        Completion received = link.Peer.NextReceive();
        Assert.Equal((1ul, 11u + Header), (received.Id, received.ByteLength));
        Assert.Equal(QueuePairState.ReadyToSend, link.Peer.State);
    }

    [Theory]
    [ClassData(typeof(SteadyMedia))]
    public void A_datagram_without_a_receive_is_lost_and_costs_nothing(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Datagram);
        for (ulong i = 0; i < 10; i++)
            Send(link, Link.Send(100, i));
        Thread.Sleep(20);
        link.PostPeerReceive(5);

        Send(link, Link.Send(222));

        Assert.Equal(222u + Header, link.Peer.NextReceive().ByteLength);
    }

    [Theory]
    [ClassData(typeof(SteadyMedia))]
    public void One_queue_pair_sends_to_several(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Datagram);
        PeerQueuePair[] peers = [.. Enumerable.Range(0, 4).Select(_ => rig.Peer.CreateQueuePair(Datagram))];
        foreach (PeerQueuePair peer in peers)
        {
            peer.Connect(link.Kit.Endpoint);
            Assert.Equal(Errno.None, peer.PostReceive(link.PeerMemory, 0, 4096, 1));
        }

        for (int i = 0; i < peers.Length; i++)
        {
            Assert.Equal(
                Errno.None,
                link.Kit.PostDatagram(Link.Send(i + 1), link.Region, peers[i].Endpoint, Datagram.QueueKey));
        }

        for (int i = 0; i < peers.Length; i++)
            Assert.Equal((uint)(Header + i + 1), peers[i].NextReceive().ByteLength);
    }

    [Theory]
    [ClassData(typeof(SteadyMedia))]
    public void The_key_of_the_queue_pair_can_be_changed_while_it_runs(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Datagram);
        link.QueuePair.Modify(new QueuePairAttributes { QueueKey = 0x777 }, QueuePairAttributeMask.QKey);
        Assert.Equal(0x777u, link.QueuePair.Query().QueueKey);
        link.PostReceive(1);

        Assert.Equal(Errno.None, link.Peer.Post(Link.Send(7), link.PeerMemory, link.Kit.Endpoint, 0x777));

        Assert.Equal(47u, link.ReceiveQueue.Next().ByteLength);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Only_sends_with_a_destination_are_for_datagram_queue_pairs(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Datagram);
        using ProtectionDomain other = rig.Context.AllocateDomain();
        using AddressHandle foreign = other.CreateAddressHandle(link.Peer.Endpoint);
        using AddressHandle gone = rig.Domain.CreateAddressHandle(link.Peer.Endpoint);
        gone.Dispose();

        Assert.Equal(Errno.EINVAL, link.Kit.Post(Link.Send(8), link.Region));
        Assert.Equal(Errno.EINVAL, link.Kit.Post(link.Write(8), link.Region));
        Assert.Equal(Errno.EINVAL, link.Kit.Post(link.Read(8), link.Region));
        Assert.Equal(Errno.EFAULT, SendBy(link, foreign));
        Assert.Equal(Errno.EBADF, SendBy(link, gone));
        Link reliable = rig.Connect();
        Assert.Equal(
            Errno.EINVAL, reliable.Kit.PostDatagram(Link.Send(8), reliable.Region, link.Peer.Endpoint, 1));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_datagram_longer_than_a_packet_does_not_arrive(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Datagram);
        link.PostPeerReceive(1, 0, 16_384);

        // A device may refuse it, fail it, or (rdma_rxe) say that all went well and send nothing.
        Errno errno = link.Kit.PostDatagram(
            Link.Send(MtuOf(rig) + 1), link.Region, link.Peer.Endpoint, Datagram.QueueKey);

        if (errno == Errno.None)
            link.SendQueue.Next();
        else
            Assert.Equal(Errno.EINVAL, errno);
        Assert.Empty(link.Peer.Poll(receives: true, 1, milliseconds: 30));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_path_needs_a_port_and_a_gid_that_are_there(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        GidEntry gid = context.GetDefaultGid();
        var good = new AddressHandleAttributes(gid.Gid, (byte)gid.Index, gid.Port);
        using AddressHandle path = domain.CreateAddressHandle(good);
        Assert.Equal(good, path.Attributes);
        Assert.Same(domain, path.Domain);

        Assert.Throws<VerbsException>(() => domain.CreateAddressHandle(good with { Port = 99 }));
        Assert.Throws<VerbsException>(() => domain.CreateAddressHandle(good with { SourceGidIndex = 250 }));
        Assert.Throws<VerbsException>(() => domain.CreateAddressHandle(good with { IsGlobal = false }));
        path.Dispose();
        path.Dispose();
        Assert.True(path.IsDisposed);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Whatever_arrives_over_a_bad_link_is_whole(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Datagram);
        Pattern.Fill(4, link.Memory.Bytes(0, 1000));
        link.PostPeerReceive(0, 0, 1040, count: 60);
        for (ulong i = 0; i < 60; i++)
            Send(link, Link.Send(1000, i));

        IReadOnlyList<Completion> received = link.Peer.Poll(receives: true, 60, rig.IsLossy ? 300 : 15_000);

        Assert.NotEmpty(received);
        Assert.All(received, wc => Assert.Equal((CompletionStatus.Success, 1040u), (wc.Status, wc.ByteLength)));
        link.PeerMemory.AssertHolds(4, Header, 1000);
    }

    private static void Send(Link link, Work work)
    {
        Assert.Equal(
            Errno.None, link.Kit.PostDatagram(work, link.Region, link.Peer.Endpoint, Datagram.QueueKey));
        Completion completion = link.SendQueue.Next();
        Assert.Equal((work.Id, CompletionStatus.Success), (completion.Id, completion.Status));
    }

    private static Errno SendBy(Link link, AddressHandle path) => link.QueuePair.PostSend(
        new SendWorkRequest(link.Region.Gather(0, 8))
        {
            Destination = new DatagramDestination(path, link.Peer.Endpoint.Number, Datagram.QueueKey),
        },
        1);

    private static int MtuOf(Rig rig) => 128 << (int)rig.Context.QueryPort().ActiveMtu;
}
