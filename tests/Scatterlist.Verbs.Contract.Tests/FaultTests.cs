using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Peers;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>What the owner of the memory refuses, what the requester sees, and what stays untouched.</summary>
public sealed class FaultTests
{
    public static TheoryData<Medium, WorkRequestOpcode> WritesAndReads() => Cross(
        WorkRequestOpcode.RdmaWrite, WorkRequestOpcode.RdmaRead);

    [Theory]
    [MemberData(nameof(WritesAndReads))]
    public void A_wrong_key_reaches_nothing(Medium medium, WorkRequestOpcode opcode)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        link.PeerMemory.Fill(1, 0, 4096);
        uint key = link.Target.Key.Value;
        foreach (uint wrong in new[] { key ^ 1, key ^ 0xff00, ~key, 0u })
        {
            Link fresh = rig.Connect(memory: 4096);
            var target = new RemoteMemoryRegion(link.Target.Address, 4096, new RemoteKey(wrong));
            AssertRefused(fresh, new Work(opcode, 1) { Length = 4096, Target = target });
        }

        link.PeerMemory.AssertHolds(1, 0, 4096);
        link.AssertAlive();
    }

    [Theory]
    [MemberData(nameof(WritesAndReads))]
    public void A_region_of_another_domain_is_out_of_reach(Medium medium, WorkRequestOpcode opcode)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        PeerRegion other = rig.Peer.Register(4096, domain: rig.Peer.CreateDomain());
        other.Fill(2, 0, 4096);

        AssertRefused(link, new Work(opcode, 1) { Length = 100, Target = other.Remote });

        other.AssertHolds(2, 0, 4096);
    }

    [Theory]
    [InlineData(WorkRequestOpcode.RdmaWrite, AccessFlags.LocalWrite)]
    [InlineData(WorkRequestOpcode.RdmaWrite, AccessFlags.LocalWrite | AccessFlags.RemoteRead)]
    [InlineData(WorkRequestOpcode.RdmaRead, AccessFlags.LocalWrite)]
    [InlineData(WorkRequestOpcode.RdmaRead, AccessFlags.LocalWrite | AccessFlags.RemoteWrite)]
    public void A_region_without_the_right_is_out_of_reach(WorkRequestOpcode opcode, AccessFlags access)
    {
        foreach (Medium medium in MediumList.All)
        {
            using Rig rig = Rig.Open(medium);
            Link link = rig.Connect();
            PeerRegion region = rig.Peer.Register(4096, access);
            region.Fill(3, 0, 4096);

            AssertRefused(link, new Work(opcode, 1) { Length = 4096, Target = region.Remote });

            region.AssertHolds(3, 0, 4096);
        }
    }

    [Theory]
    [MemberData(nameof(WritesAndReads))]
    public void Nothing_moves_when_the_range_ends_past_the_region(Medium medium, WorkRequestOpcode opcode)
    {
        using Rig rig = Rig.Open(medium);
        PeerRegion region = rig.Peer.Register(10_000);
        region.Fill(4, 0, 10_000);
        RemoteMemoryRegion good = region.Remote;
        (ulong Address, int Length)[] ranges =
        [
            (good.Address.Value + 1, 10_000), (good.Address.Value + 9999, 2), (good.Address.Value + 10_000, 1),
            (good.Address.Value - 1, 2), (good.Address.Value - 4096, 4096), (good.Address.Value, 20_000),
        ];
        foreach ((ulong address, int length) in ranges)
        {
            Link link = rig.Connect();
            var target = new RemoteMemoryRegion(new RemoteAddress(address), (ulong)length, good.Key);
            AssertRefused(link, new Work(opcode, 1) { Length = (nuint)length, Target = target });
        }

        region.AssertHolds(4, 0, 10_000);
    }

    [Theory]
    [MemberData(nameof(WritesAndReads))]
    public void An_address_that_wraps_around_is_refused(Medium medium, WorkRequestOpcode opcode)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        SendFlags flags = SendFlags.Signaled;
        RawElement[] elements = [new RawElement(link.Region.Address, 4096, link.Region.LocalKey)];

        Errno errno = link.QueuePair.PostSendUnsafe(
            new RawWorkRequest
            {
                Opcode = opcode, Flags = flags, Elements = elements, RemoteKey = link.Target.Key,
                RemoteAddress = new RemoteAddress(ulong.MaxValue - 1000),
            },
            1);

        Assert.Equal(Errno.None, errno);
        Assert.Equal(CompletionStatus.RemoteAccessError, link.SendQueue.Next().Status);
    }

    [Theory]
    [InlineData(WorkRequestOpcode.RdmaWrite, AccessFlags.RemoteRead | AccessFlags.RemoteAtomic)]
    [InlineData(WorkRequestOpcode.RdmaRead, AccessFlags.RemoteWrite | AccessFlags.RemoteAtomic)]
    public void A_queue_pair_without_the_right_refuses(WorkRequestOpcode opcode, AccessFlags access)
    {
        foreach (Medium medium in MediumList.All)
        {
            using Rig rig = Rig.Open(medium);
            var options = new LinkOptions();
            Link link = rig.Connect(options, options with { Access = access });
            link.PeerMemory.Fill(5, 0, 4096);

            Completion completion = link.Do(new Work(opcode, 1) { Length = 4096, Target = link.Target });

            Assert.Equal(CompletionStatus.RemoteInvalidRequestError, completion.Status);
            link.AssertInError();
            link.PeerMemory.AssertHolds(5, 0, 4096);
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_refusal_ends_both_queue_pairs_and_flushes_their_work(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        link.PostReceive(50);
        link.PostPeerReceive(60, count: 3);
        var wrong = new RemoteMemoryRegion(link.Target.Address, 4096, new RemoteKey(link.Target.Key.Value ^ 0x10100));

        link.Post(link.Write(10, 1) with { Target = wrong });
        link.Post(link.Write(10, 2) with { Unsignaled = true });
        link.Post(link.Read(10, 3));

        IReadOnlyList<Completion> sends = link.SendQueue.Next(3);
        Assert.Equal([1, 2, 3], sends.Select(wc => (int)wc.Id));
        Assert.Equal(CompletionStatus.RemoteAccessError, sends[0].Status);
        Assert.All(sends.Skip(1), wc => Assert.Equal(CompletionStatus.WorkRequestFlushedError, wc.Status));
        Assert.Equal(CompletionStatus.WorkRequestFlushedError, link.ReceiveQueue.Next().Status);
        link.AssertInError();

        IReadOnlyList<Completion> there = link.Peer.Poll(receives: true, 3);
        Assert.Equal([60, 61, 62], there.Select(wc => (int)wc.Id));
        Assert.All(there, wc => Assert.Equal(CompletionStatus.WorkRequestFlushedError, wc.Status));
        Assert.Equal(QueuePairState.Error, link.Peer.State);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_message_longer_than_the_receive_fails_at_both_sides(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        foreach ((int length, int room) in new[] { (101, 100), (30_000, 100), (20, 19) })
        {
            Link link = rig.Connect();
            link.PeerMemory.Fill(6, 0, 40_000);
            link.PostPeerReceive(1, 0, (nuint)room);
            link.PostPeerReceive(2, 0, (nuint)room);

            Completion sent = link.Do(Link.Send(length));

            Statuses.AssertTooLongThere(sent.Status);
            IReadOnlyList<Completion> received = link.Peer.Poll(receives: true, 2);
            Statuses.AssertTooLongHere(received[0].Status);
            Assert.Equal(CompletionStatus.WorkRequestFlushedError, received[1].Status);

            // The room may be written to, what lies behind it may not.
            Assert.Equal(Pattern.Make(6, 40_000)[room..], link.PeerMemory.Read((nuint)room, 40_000 - room));
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_message_without_a_receive_fails_after_its_tries(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(new LinkOptions { RnrRetry = 2 });

        Assert.Equal(CompletionStatus.RnrRetryExceededError, link.Do(Link.Send(10)).Status);

        Link immediate = rig.Connect(new LinkOptions { RnrRetry = 0 });
        Completion completion = immediate.Do(immediate.Write(10) with
        {
            Opcode = WorkRequestOpcode.RdmaWriteWithImmediate, Immediate = 1,
        });
        Assert.Equal(CompletionStatus.RnrRetryExceededError, completion.Status);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_message_waits_for_a_late_receive(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        Pattern.Fill(1, link.Memory.Bytes(0, 10_000));
        link.Post(Link.Send(10_000, 1));
        link.Post(link.Write(100, 2, 20_000));
        link.SendQueue.AssertNone();

        link.PostPeerReceive(1, 0, 10_000);

        Assert.Equal([1, 2], link.SendQueue.Next(2).Select(wc => (int)wc.Id));
        Assert.Equal(10_000u, link.Peer.NextReceive().ByteLength);
        link.PeerMemory.AssertHolds(1, 0, 10_000);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Small_messages_wait_for_late_receives_as_they_were_posted(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        for (int i = 0; i < 4; i++)
        {
            Pattern.Fill((ulong)i, link.Memory.Bytes(0, 16));
            link.Post(Link.Send(8 + i, (ulong)i) with { Inline = true });
        }

        Pattern.Fill(9, link.Memory.Bytes(0, 16)); // inline data were taken by the posts
        link.SendQueue.AssertNone();
        for (int i = 0; i < 4; i++)
            link.PostPeerReceive((ulong)i, (nuint)(100 * i), 16);

        Assert.Equal([0, 1, 2, 3], link.SendQueue.Next(4).Select(wc => (int)wc.Id));
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal((uint)(8 + i), link.Peer.NextReceive().ByteLength);
            link.PeerMemory.AssertHolds((ulong)i, (nuint)(100 * i), 8 + i);
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_region_that_is_deregistered_midway_is_out_of_reach_from_then_on(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        PeerRegion region = rig.Peer.Register(32 * 1024);
        for (ulong i = 0; i < 20; i++)
            link.Post(link.Write(32 * 1024, i) with { Target = region.Remote });

        region.Dispose();

        link.Post(link.Write(8, 20) with { Target = region.Remote });
        IReadOnlyList<Completion> completions = link.SendQueue.Next(21);
        int good = completions.TakeWhile(wc => wc.Status == CompletionStatus.Success).Count();
        Assert.InRange(good, 0, 20);
        Assert.Equal(CompletionStatus.RemoteAccessError, completions[good].Status);
        Assert.All(
            completions.Skip(good + 1), wc => Assert.Equal(CompletionStatus.WorkRequestFlushedError, wc.Status));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_local_region_that_is_disposed_fails_the_post_or_the_work(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        var gone = RegisteredMemory.Make(rig.Domain, 32 * 1024);
        GatherElement element = gone.Region.Gather();
        for (ulong i = 0; i < 20; i++)
            Assert.Equal(Errno.None, link.QueuePair.PostWrite(new WriteWorkRequest(element, link.Target), i));

        gone.Dispose();

        Assert.Equal(Errno.EFAULT, link.QueuePair.PostWrite(new WriteWorkRequest(element, link.Target), 21));
        IReadOnlyList<Completion> completions = link.SendQueue.Next(20);
        int good = completions.TakeWhile(wc => wc.Status == CompletionStatus.Success).Count();
        if (good < 20)
            Statuses.AssertLocalFailure(completions[good].Status);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_local_element_outside_of_its_region_fails_here_and_moves_nothing(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        foreach (ulong beyond in new ulong[] { 1, 1 << 20 })
        {
            Link link = rig.Connect();
            link.PeerMemory.Fill(1, 0, 4096);
            RawElement[] elements =
                [new RawElement(link.Region.Address + link.Region.Length - 100 + beyond, 100, link.Region.LocalKey)];
            Errno errno = link.QueuePair.PostSendUnsafe(
                new RawWorkRequest
                {
                    Opcode = WorkRequestOpcode.RdmaWrite, Flags = SendFlags.Signaled, Elements = elements,
                    RemoteAddress = link.Target.Address, RemoteKey = link.Target.Key,
                },
                1);

            if (errno == Errno.None)
                Statuses.AssertLocalFailure(link.SendQueue.Next().Status);
            else
                Assert.Equal(Errno.EINVAL, errno);
            link.PeerMemory.AssertHolds(1, 0, 4096);
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_region_of_another_domain_is_not_posted(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        using ProtectionDomain other = rig.Context.AllocateDomain();
        using var foreign = RegisteredMemory.Make(other, 4096);

        Assert.Equal(Errno.EFAULT, link.Kit.Post(link.Write(10), foreign.Region));
        Assert.Equal(
            Errno.EFAULT, link.QueuePair.PostReceive(new ReceiveWorkRequest(foreign.Region.Scatter()), 1));
        link.AssertAlive();
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_peer_that_is_gone_costs_the_retries_and_then_the_queue_pair(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(Rxe.FewRetries);
        link.AssertAlive();
        link.Peer.Dispose();

        link.Post(link.Write(4096, 1));
        link.Post(link.Write(4096, 2));

        IReadOnlyList<Completion> completions = link.SendQueue.Next(2);
        Assert.Equal(CompletionStatus.RetryExceededError, completions[0].Status);
        Assert.Equal(CompletionStatus.WorkRequestFlushedError, completions[1].Status);
        link.AssertInError();
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_peer_that_never_was_costs_the_retries(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        var options = new LinkOptions { Timeout = 13, RetryCount = 1 };
        QueuePairKit kit = rig.Own(QueuePairKit.Make(rig.Domain, options));
        PeerQueuePair peer = rig.Peer.CreateQueuePair(options); // stays unconnected: it drops what comes
        RegisteredMemory memory = rig.Register(4096);
        kit.Connect(peer.Endpoint);

        Assert.Equal(Errno.None, kit.Post(Link.Send(10), memory.Region));

        Assert.Equal(CompletionStatus.RetryExceededError, kit.SendQueue.Next().Status);
    }

    private static void AssertRefused(Link link, Work work)
    {
        Assert.Equal(CompletionStatus.RemoteAccessError, link.Do(work).Status);
        link.AssertInError();
    }

    private static TheoryData<Medium, WorkRequestOpcode> Cross(params WorkRequestOpcode[] opcodes)
    {
        var rows = new TheoryData<Medium, WorkRequestOpcode>();
        foreach (Medium medium in MediumList.All)
        {
            foreach (WorkRequestOpcode opcode in opcodes)
                rows.Add(medium, opcode);
        }

        return rows;
    }
}
