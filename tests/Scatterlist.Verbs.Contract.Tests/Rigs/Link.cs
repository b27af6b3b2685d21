using Scatterlist.Testing;
using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Peers;

namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>A connected queue pair: this side's, the other side's, and memory at both.</summary>
internal sealed class Link(
    Rig rig, QueuePairKit kit, PeerQueuePair peer, RegisteredMemory memory, PeerRegion peerMemory)
{
    internal Rig Rig { get; } = rig;

    internal QueuePairKit Kit { get; } = kit;

    internal QueuePair QueuePair => Kit.QueuePair;

    internal CompletionQueue SendQueue => Kit.SendQueue;

    internal CompletionQueue ReceiveQueue => Kit.ReceiveQueue;

    internal PeerQueuePair Peer { get; } = peer;

    internal RegisteredMemory Memory { get; } = memory;

    internal MemoryRegion Region => Memory.Region;

    internal PeerRegion PeerMemory { get; } = peerMemory;

    /// <summary>The other side's memory as it is named from here.</summary>
    internal RemoteMemoryRegion Target => PeerMemory.Remote;

    /// <summary>Posts a request that must be taken.</summary>
    internal void Post(Work work) => Assert.Equal(Errno.None, Kit.Post(work, Region));

    /// <summary>Posts a request, and waits for its completion.</summary>
    internal Completion Do(Work work)
    {
        Post(work);
        Completion completion = SendQueue.Next();
        Assert.Equal(work.Id, completion.Id);
        return completion;
    }

    /// <summary>Posts a request, and waits until it succeeded.</summary>
    internal Completion DoWell(Work work)
    {
        Completion completion = Do(work);
        Assert.Equal(CompletionStatus.Success, completion.Status);
        return completion;
    }

    /// <summary>A write of this side's first bytes to the same place of the other side's memory.</summary>
    internal Work Write(int length, ulong id = 1, nuint offset = 0) => new(WorkRequestOpcode.RdmaWrite, id)
    {
        Offset = offset, Length = (nuint)length, Target = Target.Slice(offset),
    };

    /// <summary>A read of the other side's first bytes to the same place of this side's memory.</summary>
    internal Work Read(int length, ulong id = 1, nuint offset = 0) => new(WorkRequestOpcode.RdmaRead, id)
    {
        Offset = offset, Length = (nuint)length, Target = Target.Slice(offset),
    };

    /// <summary>A message of this side's first bytes.</summary>
    internal static Work Send(int length, ulong id = 1, nuint offset = 0) => new(WorkRequestOpcode.Send, id)
    {
        Offset = offset, Length = (nuint)length,
    };

    /// <summary>Posts receives here, all with the same room.</summary>
    internal void PostReceive(ulong id, nuint offset = 0, nuint length = 4096) => Assert.Equal(
        Errno.None, QueuePair.PostReceive(new ReceiveWorkRequest(Region.Scatter(offset, length)), id));

    /// <summary>Posts receives at the other side, all with the same room.</summary>
    internal void PostPeerReceive(ulong id, nuint offset = 0, nuint length = 4096, int count = 1) =>
        Assert.Equal(Errno.None, Peer.PostReceive(PeerMemory, offset, length, id, count));

    /// <summary>
    /// Lets <paramref name="count"/> messages come, with the ids from 0 on: their completions wait in the receive
    /// queue, for the other side has seen its acknowledgements.
    /// </summary>
    internal void HaveReceived(int count)
    {
        for (int i = 0; i < count; i++)
            PostReceive((ulong)i);
        for (int i = 0; i < count; i++)
            Assert.Equal(Errno.None, Peer.Post(Send(16, (ulong)i), PeerMemory));
        Assert.Equal(
            count,
            Peer.Poll(receives: false, count).Count(completion => completion.Status == CompletionStatus.Success));
    }

    /// <summary>Whether this side's queue pair failed, as it must have by the time a completion says so.</summary>
    internal void AssertInError()
    {
        if (Rxe.IsHere)
            Eventually.True(() => QueuePair.State == QueuePairState.Error, Rxe.LateErrorState);
        Assert.Equal(QueuePairState.Error, QueuePair.State);
    }

    /// <summary>Whether both queue pairs still work: a write goes through.</summary>
    internal void AssertAlive() => DoWell(Write(16, id: 999_999));
}
