using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>What tests of the requester do again and again.</summary>
internal static class RequesterSteps
{
    internal static void PostSend(RawPeer peer, ulong id, int length, SendFlags flags = SendFlags.Signaled) =>
        Assert.Equal(
            Errno.None,
            peer.Endpoint.Post(Endpoint.Entry(id, WorkRequestOpcode.Send, flags), peer.Endpoint.Piece(0, length)));

    /// <summary>The ids of all that completed, and well.</summary>
    internal static IEnumerable<ulong> Ids(RawPeer peer)
    {
        peer.Endpoint.Poll();
        Assert.All(peer.Endpoint.Sent, completion => Assert.True(completion.IsSuccess, completion.ToString()));
        return peer.Endpoint.Sent.Select(completion => completion.Id);
    }
}
