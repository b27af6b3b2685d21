using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>A queue pair of the other side, with a completion queue for each direction.</summary>
internal sealed record PeerQueuePair(Peer Peer, int Number, QueuePairEndpoint Endpoint)
{
    internal void Connect(QueuePairEndpoint endpoint) => Peer.Call(
        PeerVerb.Connect,
        writer =>
        {
            writer.Write(Number);
            writer.Write(endpoint.ToString());
        });

    internal Errno Post(Work work, PeerRegion region, QueuePairEndpoint? destination = null, uint queueKey = 0) =>
        Peer.Call(
            PeerVerb.PostSend,
            writer =>
            {
                writer.Write(Number);
                writer.Write(region.Number);
                work.Write(writer);
                writer.Write(destination?.ToString() ?? "");
                writer.Write(queueKey);
            },
            reply => (Errno)reply.ReadInt32());

    /// <summary>Posts receives, all with the same room, with ids from <paramref name="id"/> on.</summary>
    internal Errno PostReceive(PeerRegion region, nuint offset, nuint length, ulong id, int count = 1) => Peer.Call(
        PeerVerb.PostReceive,
        writer =>
        {
            writer.Write(Number);
            writer.Write(region.Number);
            writer.Write((ulong)offset);
            writer.Write((ulong)length);
            writer.Write(id);
            writer.Write(count);
        },
        reply => (Errno)reply.ReadInt32());

    internal Completion NextSend() => Assert.Single(Poll(receives: false, 1));

    internal Completion NextReceive() => Assert.Single(Poll(receives: true, 1));

    /// <summary>Waits for <paramref name="count"/> completions, for a bounded time; returns what came.</summary>
    internal IReadOnlyList<Completion> Poll(bool receives, int count, int milliseconds = 15_000) => Peer.Call(
        PeerVerb.Poll,
        writer =>
        {
            writer.Write(Number);
            writer.Write(receives);
            writer.Write(count);
            writer.Write(milliseconds);
        },
        reply => (IReadOnlyList<Completion>)
            [.. Enumerable.Range(0, reply.ReadInt32()).Select(_ => Completion.Read(reply))]);

    internal void Modify(QueuePairState state) => Peer.Call(
        PeerVerb.ModifyState,
        writer =>
        {
            writer.Write(Number);
            writer.Write((int)state);
        });

    internal QueuePairState State => Peer.Call(
        PeerVerb.QueryState, writer => writer.Write(Number), reply => (QueuePairState)reply.ReadInt32());

    /// <summary>Starts a thread there that takes every message and checks it; see <see cref="MessageSink"/>.</summary>
    internal PeerTask StartSink(PeerRegion region, int slots, int slotLength, ulong seed, int messages) => Peer.Call(
        PeerVerb.StartSink,
        writer =>
        {
            writer.Write(Number);
            writer.Write(region.Number);
            writer.Write(slots);
            writer.Write(slotLength);
            writer.Write(seed);
            writer.Write(messages);
        },
        reply => new PeerTask(Peer, reply.ReadInt32()));

    /// <summary>Starts a thread there that sends messages of the same length, as fast as they are taken.</summary>
    internal PeerTask StartSends(PeerRegion region, int length, int count) => Peer.Call(
        PeerVerb.StartSends,
        writer =>
        {
            writer.Write(Number);
            writer.Write(region.Number);
            writer.Write(length);
            writer.Write(count);
        },
        reply => new PeerTask(Peer, reply.ReadInt32()));

    internal void Dispose() => Peer.Call(PeerVerb.Dispose, writer => writer.Write(Number));
}
