using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

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
