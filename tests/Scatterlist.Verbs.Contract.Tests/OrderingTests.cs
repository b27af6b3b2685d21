using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Peers;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>What may be relied on about the order in which bytes and operations arrive.</summary>
public sealed class OrderingTests
{
    [Theory]
    [ClassData(typeof(AllMedia))]
    public void The_last_byte_of_a_write_arrives_last(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        foreach (int length in new[] { 2, 8, 63, 64, 1000, 4096, 5000, 33_333 })
        {
            const int Rounds = 100;
            Link link = rig.Connect();
            PeerTask watch = link.PeerMemory.StartWatch(length, Rounds);
            for (int round = 1; round <= Rounds; round++)
            {
                link.Memory.Bytes(0, length).Fill((byte)round);
                link.DoWell(link.Write(length, (ulong)round));
            }

            Assert.Equal("", watch.Finish());
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_message_comes_after_the_writes_before_it(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        for (ulong round = 1; round <= 30; round++)
        {
            Pattern.Fill(round, link.Memory.Bytes(0, 20_000));
            link.PostPeerReceive(round, 60_000, 64);
            link.Post(link.Write(20_000, 1) with { Unsignaled = true });
            link.Post(Link.Send(10, 2));

            Assert.Equal(CompletionStatus.Success, link.Peer.NextReceive().Status);
            link.PeerMemory.AssertHolds(round, 0, 20_000);
            Assert.Equal(2ul, link.SendQueue.Next().Id);
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_read_sees_the_write_before_it(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        for (ulong round = 1; round <= 30; round++)
        {
            int length = (int)round * 600;
            Pattern.Fill(round, link.Memory.Bytes(0, length));
            link.Post(link.Write(length, 1) with { Unsignaled = true });
            link.Post(link.Read(length, 2) with { Offset = 30_000 });

            Completion read = link.SendQueue.Next();
            Assert.Equal((2ul, CompletionStatus.Success), (read.Id, read.Status));
            Pattern.AssertIs(round, link.Memory.Bytes(30_000, length));
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_later_write_to_the_same_place_wins(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        for (int round = 0; round < 10; round++)
        {
            for (int i = 0; i < 32; i++)
            {
                nuint place = (nuint)(i * 2000);
                Pattern.Fill((ulong)(round * 100 + i), link.Memory.Bytes(place, 2000));
                link.Post(link.Write(2000, (ulong)i, place) with { Target = link.Target, Unsignaled = i < 31 });
            }

            Completion last = link.SendQueue.Next();
            Assert.Equal((31ul, CompletionStatus.Success), (last.Id, last.Status));
            link.PeerMemory.AssertHolds((ulong)(round * 100 + 31), 0, 2000);
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Messages_arrive_in_the_order_of_their_posts(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        PeerRegion rooms = rig.Peer.Register(64 * 1024);
        const int Messages = 600;
        PeerTask sink = link.Peer.StartSink(rooms, slots: 32, slotLength: 2048, seed: 50, Messages);
        var random = new Random(rig.Seed);
        int open = 0;
        for (int i = 0; i < Messages; i++)
        {
            if (open == 32)
            {
                Assert.Equal(CompletionStatus.Success, link.SendQueue.Next().Status);
                open--;
            }

            nuint place = (nuint)(i % 32 * 2048);
            int length = random.Next(0, 2049);
            Pattern.Fill((ulong)(50 + i), link.Memory.Bytes(place, length));
            link.Post(Link.Send(length, (ulong)i, place) with
            {
                Opcode = WorkRequestOpcode.SendWithImmediate, Immediate = (uint)i,
            });
            open++;
        }

        Assert.Equal("", sink.Finish());
        Assert.All(link.SendQueue.Next(open), wc => Assert.Equal(CompletionStatus.Success, wc.Status));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Relaxed_ordering_carries_the_same_bytes(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        const AccessFlags Relaxed = LinkOptions.EveryRemoteRight | AccessFlags.RelaxedOrdering;
        RegisteredMemory here = rig.Register(16_384, Relaxed);
        PeerRegion there = rig.Peer.Register(16_384, Relaxed);
        Link link = rig.Connect();
        Pattern.Fill(9, here.Bytes(0, 10_000));

        Assert.Equal(Errno.None, link.Kit.Post(link.Write(10_000) with { Target = there.Remote }, here.Region));
        Assert.Equal(CompletionStatus.Success, link.SendQueue.Next().Status);
        there.AssertHolds(9, 0, 10_000);
        Assert.Equal(Errno.None, link.Peer.PostReceive(there, 0, 16_384, 1));
        Assert.Equal(Errno.None, link.Kit.Post(Link.Send(9000), here.Region));
        Assert.Equal(9000u, link.Peer.NextReceive().ByteLength);
    }
}
