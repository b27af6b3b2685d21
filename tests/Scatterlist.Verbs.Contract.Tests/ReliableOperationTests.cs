using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Peers;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Every operation of a reliable connected queue pair, when all is well.</summary>
public sealed class ReliableOperationTests
{
    /// <summary>From one byte over the edges of packets to many packets.</summary>
    private static readonly int[] Lengths = [1, 2, 3, 4, 5, 255, 256, 257, 1023, 1024, 4095, 4096, 4097, 60_001];

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_send_of_any_length_fills_the_peers_receive(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();

        for (int i = 0; i < Lengths.Length; i++)
        {
            ulong id = (ulong)i;
            Pattern.Fill(id, link.Memory.Bytes(0, Lengths[i]));
            link.PostPeerReceive(100 + id, 0, 64 * 1024);
            Completion sent = link.DoWell(Link.Send(Lengths[i], id));
            Completion received = link.Peer.NextReceive();

            Assert.Equal(CompletionOpcode.Send, sent.Opcode);
            Assert.Equal(link.QueuePair.Number, sent.QueuePairNumber);
            Assert.Equal(CompletionStatus.Success, received.Status);
            Assert.Equal(CompletionOpcode.Receive, received.Opcode);
            Assert.Equal(100 + id, received.Id);
            Assert.Equal((uint)Lengths[i], received.ByteLength);
            Assert.Equal(link.Peer.Endpoint.Number, received.QueuePairNumber);
            Assert.Null(received.Immediate);
            link.PeerMemory.AssertHolds(id, 0, Lengths[i]);
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_send_of_the_peer_fills_a_receive_here(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        link.PeerMemory.Fill(9, 0, 10_000);
        link.PostReceive(7, 0, 20_000);

        Assert.Equal(Errno.None, link.Peer.Post(Link.Send(10_000, 8), link.PeerMemory));

        Completion received = link.ReceiveQueue.Next();
        Assert.Equal((7ul, CompletionStatus.Success, 10_000u), (received.Id, received.Status, received.ByteLength));
        Pattern.AssertIs(9, link.Memory.Bytes(0, 10_000));
        Assert.Equal(CompletionStatus.Success, link.Peer.NextSend().Status);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Immediate_data_come_with_a_send(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        foreach ((int length, uint immediate) in new[] { (0, 0u), (12, 0xdeadbeef), (9000, 1u) })
        {
            link.PostPeerReceive(1, 0, 9000);
            link.DoWell(new Work(WorkRequestOpcode.SendWithImmediate, 2)
            {
                Length = (nuint)length, Immediate = immediate,
            });

            Completion received = link.Peer.NextReceive();
            Assert.Equal(immediate, received.Immediate);
            Assert.Equal((uint)length, received.ByteLength);
            Assert.NotEqual(CompletionFlags.None, received.Flags & CompletionFlags.Immediate);
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_write_of_any_length_lands_where_it_was_told_and_nowhere_else(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        const int Offset = 333;
        foreach (int length in Lengths)
        {
            link.PeerMemory.Fill(1, 0, 64 * 1024);
            Pattern.Fill((ulong)length, link.Memory.Bytes(0, length));

            Completion written = link.DoWell(link.Write(length) with { Target = link.Target.Slice(Offset) });

            Assert.Equal(CompletionOpcode.RdmaWrite, written.Opcode);
            byte[] expected = Pattern.Make(1, 64 * 1024);
            Pattern.Fill((ulong)length, expected.AsSpan(Offset, length));
            Assert.True(expected.AsSpan().SequenceEqual(link.PeerMemory.Read(0, 64 * 1024)), $"{length} bytes");
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_write_with_immediate_data_takes_a_receive_and_leaves_its_memory_alone(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        PeerRegion room = rig.Peer.Register(4096);
        room.Fill(77, 0, 4096);
        foreach (int length in new[] { 1, 4096, 20_000 })
        {
            Pattern.Fill((ulong)length, link.Memory.Bytes(0, length));
            Assert.Equal(Errno.None, link.Peer.PostReceive(room, 0, 4096, 5));

            link.DoWell(link.Write(length) with
            {
                Opcode = WorkRequestOpcode.RdmaWriteWithImmediate, Immediate = (uint)length,
            });

            Completion received = link.Peer.NextReceive();
            Assert.Equal(CompletionOpcode.ReceiveRdmaWithImmediate, received.Opcode);
            Assert.Equal((5ul, (uint?)length), (received.Id, received.Immediate));
            Assert.Equal((uint)length, received.ByteLength);
            link.PeerMemory.AssertHolds((ulong)length, 0, length);
            room.AssertHolds(77, 0, 4096);
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_read_of_any_length_brings_the_peers_bytes_and_touches_no_others(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        const int Offset = 501;
        link.PeerMemory.Fill(3, 0, 64 * 1024);
        byte[] source = Pattern.Make(3, 64 * 1024);
        foreach (int length in Lengths)
        {
            link.Memory.Bytes(0, 64 * 1024).Fill(0xee);

            Completion read = link.DoWell(link.Read(length) with
            {
                Offset = 64, Target = link.Target.Slice(Offset),
            });

            Assert.Equal(CompletionOpcode.RdmaRead, read.Opcode);
            Assert.True(source.AsSpan(Offset, length).SequenceEqual(link.Memory.Bytes(64, length)), $"{length} bytes");
            Assert.Equal(-1, link.Memory.Bytes(0, 64).IndexOfAnyExcept((byte)0xee));
            Assert.Equal(
                -1, link.Memory.Bytes((nuint)(64 + length), 64 * 1024 - 64 - length).IndexOfAnyExcept((byte)0xee));
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Operations_of_no_bytes_complete_and_change_nothing(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        link.PeerMemory.Fill(4, 0, 4096);

        link.PostPeerReceive(1);
        link.DoWell(Link.Send(0));
        Assert.Equal(0u, link.Peer.NextReceive().ByteLength);
        link.DoWell(link.Write(0));
        link.DoWell(link.Read(0));
        link.PostPeerReceive(2);
        link.DoWell(link.Write(0) with { Opcode = WorkRequestOpcode.RdmaWriteWithImmediate, Immediate = 6 });
        Completion immediate = link.Peer.NextReceive();

        Assert.Equal((6u, 0u), (immediate.Immediate!.Value, immediate.ByteLength));
        link.PeerMemory.AssertHolds(4, 0, 4096);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Several_elements_are_gathered_and_scattered_in_their_order(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        Assert.SkipUnless(rig.Context.Attributes.MaxElements >= 3, "The device takes fewer than 3 elements.");
        byte[] whole = Pattern.Make(8, 10_000);
        whole.AsSpan(0, 5000).CopyTo(link.Memory.Bytes(20_000, 5000));
        whole.AsSpan(5000, 1).CopyTo(link.Memory.Bytes(3, 1));
        whole.AsSpan(5001, 4999).CopyTo(link.Memory.Bytes(9000, 4999));
        GatherElement[] pieces =
            [link.Region.Gather(20_000, 5000), link.Region.Gather(3, 1), link.Region.Gather(9000, 4999)];

        Assert.Equal(Errno.None, link.QueuePair.PostWrite(new WriteWorkRequest(pieces, link.Target), 1));
        Assert.Equal(CompletionStatus.Success, link.SendQueue.Next().Status);
        link.PeerMemory.AssertHolds(8, 0, 10_000);

        link.PostPeerReceive(2, 30_000, 10_000);
        Assert.Equal(Errno.None, link.QueuePair.PostSend(new SendWorkRequest(pieces), 2));
        Assert.Equal(CompletionStatus.Success, link.SendQueue.Next().Status);
        Assert.Equal(10_000u, link.Peer.NextReceive().ByteLength);
        link.PeerMemory.AssertHolds(8, 30_000, 10_000);

        ScatterElement[] rooms =
            [link.Region.Scatter(40_000, 7), link.Region.Scatter(50_000, 6000), link.Region.Scatter(100, 3993)];
        foreach (bool receives in new[] { false, true })
        {
            link.Memory.Bytes(0, 64 * 1024).Clear();
            if (receives)
            {
                Assert.Equal(Errno.None, link.QueuePair.PostReceive(new ReceiveWorkRequest(rooms), 4));
                Assert.Equal(Errno.None, link.Peer.Post(Link.Send(10_000), link.PeerMemory));
                Assert.Equal(10_000u, link.ReceiveQueue.Next().ByteLength);
            }
            else
            {
                Assert.Equal(Errno.None, link.QueuePair.PostRead(new ReadWorkRequest(rooms, link.Target), 3));
                Assert.Equal(CompletionStatus.Success, link.SendQueue.Next().Status);
            }

            Assert.True(whole.AsSpan(0, 7).SequenceEqual(link.Memory.Bytes(40_000, 7)));
            Assert.True(whole.AsSpan(7, 6000).SequenceEqual(link.Memory.Bytes(50_000, 6000)));
            Assert.True(whole.AsSpan(6007).SequenceEqual(link.Memory.Bytes(100, 3993)));
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Inline_bytes_are_taken_during_the_post(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        int most = link.QueuePair.Capabilities.MaxInlineBytes;
        Assert.True(most >= 64);
        link.PostPeerReceive(1);

        Pattern.Fill(1, link.Memory.Bytes(0, 64));
        link.Post(Link.Send(64, 1) with { Inline = true });
        link.Memory.Bytes(0, 64).Clear();
        Pattern.Fill(2, link.Memory.Bytes(0, 64));
        link.Post(link.Write(64, 2) with { Inline = true, Target = link.Target.Slice(8192) });
        link.Memory.Bytes(0, 64).Clear();

        Assert.All(link.SendQueue.Next(2), completion => Assert.Equal(CompletionStatus.Success, completion.Status));
        Assert.Equal(64u, link.Peer.NextReceive().ByteLength);
        link.PeerMemory.AssertHolds(1, 0, 64);
        link.PeerMemory.AssertHolds(2, 8192, 64);
        Assert.Equal(Errno.EINVAL, link.Kit.Post(link.Write(most + 1) with { Inline = true }, link.Region));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Unsignaled_work_is_done_without_a_completion(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        Pattern.Fill(6, link.Memory.Bytes(0, 4096));
        for (int i = 0; i < 9; i++)
            link.Post(link.Write(100, (ulong)i, (nuint)(i * 100)) with { Unsignaled = true });

        Completion last = link.DoWell(link.Write(100, 9, 900));

        Assert.Equal(9ul, last.Id);
        link.SendQueue.AssertNone();
        byte[] expected = Pattern.Make(6, 4096);
        Assert.True(expected.AsSpan(0, 1000).SequenceEqual(link.PeerMemory.Read(0, 1000)));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Completions_come_in_the_order_of_the_posts(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        link.PostPeerReceive(0, 0, 4096, count: 10);

        for (ulong i = 0; i < 40; i++)
        {
            link.Post((i % 4) switch
            {
                0 => Link.Send(100, i),
                1 => link.Write(5000, i),
                2 => link.Read(9000, i),
                _ => link.Write(8, i) with { Inline = true },
            });
        }

        IReadOnlyList<Completion> completions = link.SendQueue.Next(40);
        Assert.All(completions, completion => Assert.Equal(CompletionStatus.Success, completion.Status));
        Assert.Equal(Enumerable.Range(0, 40).Select(i => (ulong)i), completions.Select(completion => completion.Id));
        Assert.Equal(
            Enumerable.Range(0, 10).Select(i => (ulong)i),
            link.Peer.Poll(receives: true, 10).Select(completion => completion.Id));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_fenced_send_carries_what_the_read_before_it_brought(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        const int Length = 40_000;
        for (ulong round = 0; round < 10; round++)
        {
            link.PeerMemory.Fill(round, 0, Length);
            link.PeerMemory.Fill(1000, 0 + 64, 0);
            link.Memory.Bytes(0, Length).Clear();
            PeerRegion room = rig.Peer.Register(Length);
            Assert.Equal(Errno.None, link.Peer.PostReceive(room, 0, Length, round));

            link.Post(link.Read(Length, 1));
            link.Post(Link.Send(Length, 2) with { Fence = true });

            Assert.All(link.SendQueue.Next(2), wc => Assert.Equal(CompletionStatus.Success, wc.Status));
            Assert.Equal((uint)Length, link.Peer.NextReceive().ByteLength);
            room.AssertHolds(round, 0, Length);
            room.Dispose();
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_send_that_invalidates_makes_the_peers_key_void(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        const uint MemoryManagementExtensions = 1 << 21;
        Assert.SkipUnless(
            (rig.Context.Attributes.CapabilityFlags & MemoryManagementExtensions) != 0,
            "The device does not do send with invalidate.");
        Assert.SkipWhen(Rxe.IsThere, Rxe.NoInvalidate);
        Link link = rig.Connect();
        PeerRegion victim = rig.Peer.Register(4096);
        link.DoWell(link.Write(8) with { Target = victim.Remote });
        link.PostPeerReceive(1);

        link.DoWell(Link.Send(100) with
        {
            Opcode = WorkRequestOpcode.SendWithInvalidate, InvalidateKey = victim.Remote.Key.Value,
        });

        Completion received = link.Peer.NextReceive();
        Assert.Equal(CompletionStatus.Success, received.Status);
        Assert.Equal(victim.Remote.Key.Value, received.InvalidatedKey);
        Assert.Equal(CompletionStatus.RemoteAccessError, link.Do(link.Write(8) with { Target = victim.Remote }).Status);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Both_sides_send_at_once(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        const int Rounds = 20;
        link.PostPeerReceive(0, 0, 4096, Rounds);
        for (ulong i = 0; i < Rounds; i++)
            link.PostReceive(i, 8192, 4096);

        for (ulong i = 0; i < Rounds; i++)
        {
            link.Post(Link.Send(3000, i, 20_000));
            Assert.Equal(Errno.None, link.Peer.Post(Link.Send(3000, i, 20_000), link.PeerMemory));
        }

        Assert.Equal(Rounds, link.ReceiveQueue.Next(Rounds).Count(wc => wc.Status == CompletionStatus.Success));
        Assert.Equal(Rounds, link.Peer.Poll(receives: true, Rounds).Count(wc => wc.Status == CompletionStatus.Success));
        Assert.Equal(Rounds, link.SendQueue.Next(Rounds).Count(wc => wc.Status == CompletionStatus.Success));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Every_mtu_carries_long_and_short_messages(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        for (Mtu mtu = Mtu.Bytes256; mtu <= rig.Context.QueryPort().ActiveMtu; mtu++)
        {
            Link link = rig.Connect(new LinkOptions { Mtu = (int)mtu });
            Pattern.Fill((ulong)mtu, link.Memory.Bytes(0, 30_000));
            link.DoWell(link.Write(30_000));
            link.PeerMemory.AssertHolds((ulong)mtu, 0, 30_000);
            link.Memory.Bytes(0, 30_000).Clear();
            link.DoWell(link.Read(30_000));
            Pattern.AssertIs((ulong)mtu, link.Memory.Bytes(0, 30_000));
            link.PostPeerReceive(1, 40_000, 10_000);
            link.DoWell(Link.Send(9999));
            Assert.Equal(9999u, link.Peer.NextReceive().ByteLength);
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Ends_with_different_mtus_take_the_smaller_one(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Assert.SkipUnless(rig.Context.QueryPort().ActiveMtu > Mtu.Bytes512, "The port has a small MTU.");
        Link link = rig.Connect(new LinkOptions(), new LinkOptions { Mtu = (int)Mtu.Bytes512 });

        Assert.Equal(Mtu.Bytes512, link.QueuePair.Query().PathMtu);
        Pattern.Fill(1, link.Memory.Bytes(0, 20_000));
        link.DoWell(link.Write(20_000));
        link.PeerMemory.AssertHolds(1, 0, 20_000);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Megabytes_go_in_one_request(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        const int Length = 3 << 20;
        Link link = rig.Connect(memory: Length);
        Pattern.Fill(1, link.Memory.Bytes(0, Length));

        link.DoWell(link.Write(Length));
        link.PeerMemory.AssertHolds(1, 0, Length);
        link.Memory.Bytes(0, Length).Clear();
        link.DoWell(link.Read(Length));
        Pattern.AssertIs(1, link.Memory.Bytes(0, Length));
    }
}
