namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>Something that a thread of the other side does.</summary>
internal sealed record PeerTask(Peer Peer, int Number)
{
    /// <summary>Waits for its end; what it found wrong, or an empty text.</summary>
    internal string Finish() => Peer.Call(
        PeerVerb.Finish, writer => writer.Write(Number), reply => reply.ReadString());
}
