using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Asynchronous events: what a device tells without being asked.</summary>
public sealed class AsyncEventTests
{
    [Theory]
    [ClassData(typeof(AllMedia))]
    public void An_access_that_is_refused_is_told_to_the_owner(Medium medium)
    {
        Assert.SkipWhen(Rxe.IsHere, Rxe.NoErrorEvents);
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        var wrong = new RemoteMemoryRegion(
            link.Region.Remote.Address, 64, new RemoteKey(link.Region.RemoteKey.Value ^ 0x4400));

        Assert.Equal(
            Errno.None,
            link.Peer.Post(new Work(WorkRequestOpcode.RdmaWrite, 1) { Length = 64, Target = wrong }, link.PeerMemory));
        Assert.Equal(CompletionStatus.RemoteAccessError, link.Peer.NextSend().Status);

        AsyncEvent told = Next(rig, AsyncEventType.QueuePairAccessError);
        Assert.Same(link.QueuePair, told.Element);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_request_that_is_not_allowed_is_told_to_the_owner(Medium medium)
    {
        Assert.SkipWhen(Rxe.IsHere, Rxe.NoErrorEvents);
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(new LinkOptions { Access = AccessFlags.RemoteRead }, new LinkOptions());

        Assert.Equal(
            Errno.None,
            link.Peer.Post(
                new Work(WorkRequestOpcode.RdmaWrite, 1) { Length = 64, Target = link.Region.Remote },
                link.PeerMemory));
        Assert.Equal(CompletionStatus.RemoteInvalidRequestError, link.Peer.NextSend().Status);

        AsyncEvent told = Next(rig, AsyncEventType.QueuePairRequestError);
        Assert.Same(link.QueuePair, told.Element);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public async Task An_event_can_be_awaited(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        ValueTask<AsyncEvent> wait = rig.Context.GetAsyncEventAsync(deadline.Token);

        link.QueuePair.Modify(
            new QueuePairAttributes { State = QueuePairState.SendQueueDrain, EnableDrainedEvent = true },
            QueuePairAttributeMask.State | QueuePairAttributeMask.EnableDrainedEvent);

        AsyncEvent told = await wait;
        while (told.Type != AsyncEventType.SendQueueDrained)
            told = await rig.Context.GetAsyncEventAsync(deadline.Token);
        Assert.Same(link.QueuePair, told.Element);
    }

    private static AsyncEvent Next(Rig rig, AsyncEventType type)
    {
        AsyncEvent found = default;
        var seen = new List<AsyncEventType>();
        Eventually.True(
            () =>
            {
                while (rig.Context.TryGetAsyncEvent(out found))
                {
                    seen.Add(found.Type);
                    if (found.Type == type)
                        return true;
                }

                return false;
            },
            () => $"No event {type} came, only: {string.Join(", ", seen)}");
        return found;
    }
}
