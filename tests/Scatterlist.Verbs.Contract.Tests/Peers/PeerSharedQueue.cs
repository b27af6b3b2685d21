namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>A shared receive queue of the other side.</summary>
internal sealed record PeerSharedQueue(Peer Peer, int Number)
{
    internal Errno Post(PeerRegion region, nuint offset, nuint length, ulong id) => Peer.Call(
        PeerVerb.PostShared,
        writer =>
        {
            writer.Write(Number);
            writer.Write(region.Number);
            writer.Write((ulong)offset);
            writer.Write((ulong)length);
            writer.Write(id);
        },
        reply => (Errno)reply.ReadInt32());

    internal void Arm(int limit) => Peer.Call(
        PeerVerb.ArmShared,
        writer =>
        {
            writer.Write(Number);
            writer.Write(limit);
        });
}
