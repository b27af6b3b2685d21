using System.Runtime.InteropServices;
using Scatterlist.HostFd;
using Scatterlist.Verbs.SoftRoce.Engine.SameHost;

namespace Scatterlist.Verbs.SoftRoce.Tests.Nic;

/// <summary>A peer that listens on this host and takes nobody, as one without descriptors does.</summary>
[Collection(SameHost.SameHostCollection.Name)]
public sealed class UnmetPeerTests
{
    [Fact]
    public void Who_is_turned_away_goes_by_udp_as_if_nothing_had_been_sent()
    {
        using NicPair pair = Connect(out UnixSocket listener);
        using UnixSocket owned = listener;
        pair.Left.Fill(1);
        Write(pair, 1, 300_000);
        Write(pair, 2, 8);
        listener.Accept().Dispose();
        pair.Left.Expect(1);
        pair.Left.Expect(2);
        Assert.True(pair.Left.Span[..300_000].SequenceEqual(pair.Right.Span[..300_000]));
        Write(pair, 3, 8);
        pair.Left.Expect(3);
    }

    [Fact]
    public void Who_was_welcomed_knows_not_what_the_peer_has_done_and_fails()
    {
        using NicPair pair = Connect(out UnixSocket listener);
        using UnixSocket owned = listener;
        Write(pair, 1, 8);
        using (UnixSocket peer = listener.Accept())
        {
            HostIdentity host = HostIdentity.Current!;
            var welcome = new ControlMessage
            {
                Kind = ControlKind.Welcome, Number = Rendezvous.Version, Word = ControlMessage.Magic, Boot = host.Boot,
                Network = host.Network,
            };
            using FileDescriptor table = SharedMapping.CreateMemFd("table", GrantLender.TableBytes);
            peer.SendMsg(MemoryMarshal.AsBytes(new ReadOnlySpan<ControlMessage>(in welcome)), [table.Value]);
        }

        pair.Left.Expect(1, CompletionStatus.RetryExceededError);
    }

    private static NicPair Connect(out UnixSocket listener)
    {
        UnixSocket? made = null;
        var pair = new NicPair(
            new SoftNicOptions(), right: new SoftNicOptions { SameHost = false },
            beforeHandshake: right => made = UnixSocket.Listen(
                Rendezvous.Open(null, HostIdentity.Current!).PathOf(right.Gid, null)));
        listener = made!;
        return pair;
    }

    private static void Write(NicPair pair, ulong id, int length) => Assert.Equal(
        Errno.None,
        pair.Left.Pair.PostWrite(
            new WriteWorkRequest(pair.Left.Region.Gather(0, (nuint)length), pair.Right.Region.Remote), id));
}
