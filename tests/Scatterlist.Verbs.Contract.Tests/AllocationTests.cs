using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>The data path allocates nothing.</summary>
[Collection(nameof(AloneCollection))]
public sealed class AllocationTests
{
    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_post_and_its_poll_allocate_nothing(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        var write = new GatherElement(link.Region, 0, 64);
        var read = new ScatterElement(link.Region, 0, 64);
        RemoteMemoryRegion target = link.Target;
        QueuePair queuePair = link.QueuePair;
        CompletionQueue queue = link.SendQueue;

        AllocationMeter.AssertNone(() =>
        {
            Take(queuePair.PostWrite(new WriteWorkRequest(write, target), 1), queue);
            Take(queuePair.PostWrite(new WriteWorkRequest(write, target) { Inline = true }, 2), queue);
            Take(queuePair.PostRead(new ReadWorkRequest(read, target), 3), queue);
            var add = new FetchAndAddWorkRequest(read.Region!.Scatter(0, 8), target, 1);
            Take(queuePair.PostFetchAndAdd(add, 4), queue);
        });
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Sending_and_receiving_allocate_nothing(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        QueuePairKit kit = rig.Own(QueuePairKit.Make(rig.Domain, rig.Suit(new LinkOptions())));
        kit.Connect(kit.Endpoint); // with itself, so that both halves are measured
        RegisteredMemory memory = rig.Register(4096);
        GatherElement message = memory.Region.Gather(0, 100);
        ScatterElement room = memory.Region.Scatter(1000, 100);

        AllocationMeter.AssertNone(() =>
        {
            if (kit.QueuePair.PostReceive(new ReceiveWorkRequest(room), 1) != Errno.None)
                throw new InvalidOperationException("The receive was refused.");
            Take(kit.QueuePair.PostSend(new SendWorkRequest(message), 2), kit.SendQueue);
            Take(Errno.None, kit.ReceiveQueue);
        });
    }

    private static void Take(Errno posted, CompletionQueue queue)
    {
        if (posted != Errno.None)
            throw new InvalidOperationException($"The post was refused: {posted}.");
        long deadline = Environment.TickCount64 + 15_000;
        WorkCompletion completion;
        for (var spin = default(SpinWait); !queue.TryPoll(out completion); spin.SpinOnce())
        {
            if (Environment.TickCount64 > deadline)
                throw new TimeoutException("No completion came.");
        }

        if (!completion.IsSuccess)
            throw new InvalidOperationException($"{completion}");
    }
}
