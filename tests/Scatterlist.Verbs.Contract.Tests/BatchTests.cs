using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;
using Scatterlist.Verbs.Providers.LibIbverbs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Batches: many requests, and the device is told once.</summary>
public sealed class BatchTests
{
    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_batch_is_posted_at_once_and_completes_in_order(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        Pattern.Fill(4, link.Memory.Bytes(0, 16_000));
        Span<BatchSlot> slots = new BatchSlot[64];
        PostBatch batch = link.QueuePair.BeginBatch(slots);
        for (nuint i = 0; i < 16; i++)
        {
            Assert.Equal(
                Errno.None,
                batch.Add(
                    new WriteWorkRequest(link.Region.Gather(i * 1000, 1000), link.Target.Slice(i * 1000)), (ulong)i));
        }

        link.SendQueue.AssertNone();
        Assert.Equal(Errno.None, batch.Post(out int posted));

        Assert.Equal(16, posted);
        Assert.Equal(Enumerable.Range(0, 16), link.SendQueue.Next(16).Select(wc => (int)wc.Id));
        link.PeerMemory.AssertHolds(4, 0, 16_000);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_batch_may_have_every_kind_of_work(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        link.PostPeerReceive(50, offset: 8192, length: 64, count: 4);
        Pattern.Fill(4, link.Memory.Bytes(0, 256));
        Span<BatchSlot> slots = new BatchSlot[64];
        PostBatch batch = link.QueuePair.BeginBatch(slots);
        GatherElement source = link.Region.Gather(0, 100), few = link.Region.Gather(0, 16);
        GatherElement[] parts = [link.Region.Gather(100, 28), link.Region.Gather(128, 72)];
        Errno[] added =
        [
            batch.Add(new WriteWorkRequest(source, link.Target), 0),
            batch.Add(new WriteWorkRequest(parts, link.Target.Slice(100)), 1),
            batch.Add(new WriteWorkRequest(few, link.Target.Slice(200)) { Inline = true, Immediate = 7 }, 2),
            batch.Add(new SendWorkRequest(few) { Inline = true }, 3),
            batch.Add(new SendWorkRequest(few) { Immediate = 8 }, 4),
            batch.Add(new ReadWorkRequest(link.Region.Scatter(1000, 200), link.Target), 5),
            batch.Add(new FetchAndAddWorkRequest(link.Region.Scatter(2000, 8), link.Target.Slice(4096, 8), add: 5), 6),
            batch.Add(new CompareAndSwapWorkRequest(link.Region.Scatter(2008, 8), link.Target.Slice(4096, 8), 5, 9), 7),
            batch.Add(new SendWorkRequest(), 8),
        ];
        link.Memory.Bytes(0, 16).Clear(); // what goes inline was taken, and what does not is yet to be read
        Assert.All(added, errno => Assert.Equal(Errno.None, errno));
        Pattern.Fill(4, link.Memory.Bytes(0, 256));
        link.PeerMemory.Write(4096, new byte[8]);
        Assert.Equal(Errno.None, batch.Post());

        IReadOnlyList<Completion> completions = link.SendQueue.Next(9);
        Assert.Equal(Enumerable.Range(0, 9), completions.Select(wc => (int)wc.Id));
        Assert.All(completions, wc => Assert.Equal(CompletionStatus.Success, wc.Status));
        byte[] sent = link.Memory.Bytes(0, 200).ToArray();
        Assert.Equal(sent, link.PeerMemory.Read(0, 200));
        Assert.Equal(sent, link.Memory.Bytes(1000, 200).ToArray());
        Assert.Equal(sent[..16], link.PeerMemory.Read(200, 16));
        Assert.Equal(9ul, link.PeerMemory.ReadNumber(4096));
        Assert.Equal([0, 5], [link.Memory.Bytes(2000, 8)[0], link.Memory.Bytes(2008, 8)[0]]);
        IReadOnlyList<Completion> there = link.Peer.Poll(receives: true, 4);
        Assert.Equal([7u, null, 8u, null], there.Select(wc => wc.Immediate));
        Assert.Equal([16u, 16u, 0u], there.Skip(1).Select(wc => wc.ByteLength));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_driver_that_has_functions_for_batches_is_given_them(Medium medium)
    {
        Assert.SkipUnless(Rxe.IsHere, "Of rdma_rxe it is known that it has them.");
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using var kit = QueuePairKit.Make(domain, new LinkOptions());
        Assert.True(Assert.IsType<IbvQueuePair>(kit.Prepared.ToUnconnected().Provider).HasBatchFunctions);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_batch_that_does_not_fit_tells_how_much_of_it_was_posted(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(new LinkOptions { SendDepth = 4 });
        int most = link.QueuePair.Capabilities.MaxSendWorkRequests;
        Assert.SkipUnless(most < 60, "The least send queue is too deep for a batch.");
        Span<BatchSlot> slots = new BatchSlot[256];
        PostBatch batch = link.QueuePair.BeginBatch(slots);
        for (int i = 0; i < most + 3; i++)
            Assert.Equal(Errno.None, batch.Add(new SendWorkRequest(link.Region.Gather(0, 8)), (ulong)i)); // no receives

        Assert.Equal(Errno.ENOMEM, batch.Post(out int posted));

        Assert.Equal(most, posted);
        link.PostPeerReceive(0, count: Math.Min(most, 32));
        Assert.Equal(Math.Min(most, 32), link.SendQueue.Next(Math.Min(most, 32)).Count);
    }
}
