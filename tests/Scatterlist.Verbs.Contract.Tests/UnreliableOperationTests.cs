using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Unreliable connected queue pairs: messages and writes that nobody acknowledges.</summary>
public sealed class UnreliableOperationTests
{
    private static readonly LinkOptions Unreliable = new() { Type = QueuePairType.UnreliableConnected };

    [Theory]
    [ClassData(typeof(SteadyMedia))]
    public void A_send_of_one_or_many_packets_arrives(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Unreliable);
        foreach (int length in new[] { 0, 1, 100, 4096, 4097, 30_001 })
        {
            Pattern.Fill((ulong)length, link.Memory.Bytes(0, length));
            link.PostPeerReceive((ulong)length, 0, 40_000);
            link.DoWell(Link.Send(length));

            Completion received = link.Peer.NextReceive();
            Assert.Equal(((ulong)length, (uint)length), (received.Id, received.ByteLength));
            link.PeerMemory.AssertHolds((ulong)length, 0, length);
        }
    }

    [Theory]
    [ClassData(typeof(SteadyMedia))]
    public void Immediate_data_come_with_sends_and_writes(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Unreliable);
        link.PostPeerReceive(1);
        link.PostPeerReceive(2);
        Pattern.Fill(1, link.Memory.Bytes(0, 10_000));

        link.DoWell(Link.Send(10) with { Opcode = WorkRequestOpcode.SendWithImmediate, Immediate = 77 });
        Assert.Equal(77u, link.Peer.NextReceive().Immediate);
        link.DoWell(link.Write(10_000) with { Opcode = WorkRequestOpcode.RdmaWriteWithImmediate, Immediate = 78 });
        Completion written = link.Peer.NextReceive();

        Assert.Equal((78u, 10_000u), (written.Immediate!.Value, written.ByteLength));
        Assert.Equal(CompletionOpcode.ReceiveRdmaWithImmediate, written.Opcode);
        link.PeerMemory.AssertHolds(1, 0, 10_000);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Reads_and_atomics_are_not_for_unreliable_queue_pairs(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Unreliable);

        Assert.Equal(Errno.EINVAL, link.Kit.Post(link.Read(8), link.Region));
        Assert.Equal(
            Errno.EINVAL,
            link.Kit.Post(
                new Work(WorkRequestOpcode.FetchAndAdd, 1) { Target = link.Target.Slice(0, 8) }, link.Region));
    }

    [Theory]
    [ClassData(typeof(SteadyMedia))]
    public void A_message_without_a_receive_is_lost_and_the_next_one_arrives(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Unreliable);
        link.DoWell(Link.Send(5000, 1));
        link.DoWell(Link.Send(10, 2));

        // What the first two brought has been dropped by the time that a marker, sent by another pair, has arrived.
        Link marker = rig.Connect();
        marker.AssertAlive();
        Thread.Sleep(20);
        link.PostPeerReceive(7);
        link.DoWell(Link.Send(33, 3));

        Completion received = link.Peer.NextReceive();
        Assert.Equal((7ul, 33u), (received.Id, received.ByteLength));
    }

    [Theory]
    [ClassData(typeof(SteadyMedia))]
    public void A_write_that_is_not_allowed_moves_nothing_and_tells_nobody(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Unreliable);
        link.PeerMemory.Fill(1, 0, 4096);
        var wrong = new RemoteMemoryRegion(link.Target.Address, 4096, new RemoteKey(link.Target.Key.Value ^ 0x7700));

        link.DoWell(link.Write(4096) with { Target = wrong }); // it is sent, which is all that the sender knows

        Thread.Sleep(20);
        link.PeerMemory.AssertHolds(1, 0, 4096);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Whatever_arrives_over_a_bad_link_is_whole(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Unreliable);
        const int Messages = 60;
        Pattern.Fill(4, link.Memory.Bytes(0, 20_000));
        link.PostPeerReceive(0, 0, 20_000, count: Messages);
        for (ulong i = 0; i < Messages; i++)
            link.DoWell(Link.Send(20_000, i));

        IReadOnlyList<Completion> received = link.Peer.Poll(
            receives: true, Messages, rig.IsLossy ? 300 : 15_000);

        Assert.All(received, wc => Assert.Equal((CompletionStatus.Success, 20_000u), (wc.Status, wc.ByteLength)));
        Assert.NotEmpty(received);
        if (!rig.IsLossy)
            Assert.Equal(Messages, received.Count);
        link.PeerMemory.AssertHolds(4, 0, 20_000);
    }
}
