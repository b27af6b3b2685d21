using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Completion queues: making, polling, resizing and running over.</summary>
public sealed class CompletionQueueTests
{
    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_queue_holds_at_least_what_was_asked_for(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        foreach (int entries in new[] { 1, 2, 100, 255, 256, 1000 })
        {
            using CompletionQueue queue = context.CreateCompletionQueue(entries);
            Assert.True(queue.Capacity >= entries);
            Assert.Equal(0, queue.Poll(new WorkCompletion[4]));
            Assert.False(queue.TryPoll(out _));
        }
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_size_past_the_limits_or_a_vector_that_is_not_there_is_refused(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        int most = context.Attributes.MaxCompletionQueueEntries;

        foreach (int entries in new[] { -1, 0, most + 1, int.MaxValue })
        {
            VerbsException e = Assert.Throws<VerbsException>(() => context.CreateCompletionQueue(entries));
            Assert.Equal(VerbsErrorKind.InvalidInput, e.Kind);
            Assert.Contains($"{entries}", e.Message, StringComparison.Ordinal);
        }

        Assert.Throws<VerbsException>(() => context.CreateCompletionQueue(16, vector: 10_000));
        Assert.Throws<VerbsException>(() => context.CreateCompletionQueue(16, vector: -1));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_disposed_queue_says_so_at_each_poll(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        CompletionQueue queue = context.CreateCompletionQueue(16);
        queue.Dispose();
        queue.Dispose();

        Assert.Equal(-(int)Errno.EBADF, queue.Poll(new WorkCompletion[4]));
        Assert.Throws<ObjectDisposedException>(() => queue.Resize(32));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_poll_takes_as_many_as_fit_and_leaves_the_rest(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        link.HaveReceived(10);

        var three = new WorkCompletion[3];
        var seen = new List<ulong>();
        for (int polled; (polled = link.ReceiveQueue.Poll(three)) > 0;)
            seen.AddRange(three.Take(polled).Select(completion => completion.Id));
        Assert.Equal(0, link.ReceiveQueue.Poll([]));
        Assert.Equal(10, seen.Count);
        Assert.Equal(seen.Order(), seen);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_queue_grows_and_keeps_what_waits_in_it(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(new LinkOptions { QueueEntries = 16 }, new LinkOptions());
        link.HaveReceived(8);

        link.ReceiveQueue.Resize(64);

        Assert.True(link.ReceiveQueue.Capacity >= 64);
        Assert.Equal(Enumerable.Range(0, 8), link.ReceiveQueue.Next(8).Select(wc => (int)wc.Id));
        link.HaveReceived(40);
        Assert.All(link.ReceiveQueue.Next(40), wc => Assert.Equal(CompletionStatus.Success, wc.Status));
        Assert.Throws<VerbsException>(() => link.ReceiveQueue.Resize(int.MaxValue));
        Assert.Throws<VerbsException>(() => link.ReceiveQueue.Resize(0));
        link.ReceiveQueue.Resize(16);
        link.AssertAlive();
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_queue_does_not_shrink_below_what_waits_in_it(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(new LinkOptions { QueueEntries = 256 });
        link.HaveReceived(20);

        Assert.Throws<VerbsException>(() => link.ReceiveQueue.Resize(4));

        Assert.Equal(Enumerable.Range(0, 20), link.ReceiveQueue.Next(20).Select(wc => (int)wc.Id));
    }

    [Theory]
    [ClassData(typeof(SteadyMedia))]
    public void A_queue_that_runs_over_is_reported(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(new LinkOptions { QueueEntries = 1, SendDepth = 256 });
        int more = link.SendQueue.Capacity + 8;
        Assert.SkipUnless(
            more <= link.QueuePair.Capabilities.MaxSendWorkRequests, "The least queue is too deep to fill.");
        for (int i = 0; i < more; i++)
        {
            // Once the queue has failed, so has the queue pair, which may refuse.
            if (link.Kit.Post(link.Write(8, (ulong)i), link.Region) != Errno.None)
                break;
        }

        var seen = new List<AsyncEvent>();
        Eventually.True(
            () =>
            {
                while (rig.Context.TryGetAsyncEvent(out AsyncEvent found))
                    seen.Add(found);
                return seen.Any(found => found.Type == AsyncEventType.CompletionQueueError);
            },
            "No event tells that the completion queue ran over.");
        Assert.Same(
            link.SendQueue, seen.First(found => found.Type == AsyncEventType.CompletionQueueError).Element);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Many_queue_pairs_share_one_queue(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        using CompletionQueue shared = rig.Context.CreateCompletionQueue(256);
        var links = new List<Link>();
        for (int i = 0; i < 5; i++)
        {
            QueuePairKit kit = rig.Own(
                QueuePairKit.Make(rig.Domain, rig.Suit(new LinkOptions()), null, shared, shared));
            links.Add(rig.Connect(kit));
        }

        foreach (Link link in links)
        {
            link.PostReceive(7);
            link.PostPeerReceive(8);
            link.Post(Link.Send(10, 1));
            link.Post(link.Write(10, 2));
            Assert.Equal(Errno.None, link.Peer.Post(Link.Send(10, 3), link.PeerMemory));
        }

        IReadOnlyList<Completion> completions = shared.Next(15);
        foreach (Link link in links)
        {
            Assert.Equal(
                [1, 2, 7],
                completions.Where(wc => wc.QueuePairNumber == link.QueuePair.Number).Select(wc => (int)wc.Id).Order());
        }
    }
}
