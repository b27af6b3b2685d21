using System.Diagnostics;
using Scatterlist.HostFd;
using Scatterlist.Verbs.SoftRoce.Engine.SameHost;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Tests.SameHost;
using Scatterlist.Verbs.SoftRoce.Tests.Transport;

namespace Scatterlist.Verbs.SoftRoce.Tests.Nic;

/// <summary>A peer of the same host that has met us and then reads nothing, as one that is stopped by a signal.</summary>
[Collection(SameHostCollection.Name)]
public sealed class StoppedPeerTests : IDisposable
{
    private const uint Number = 0x321;
    private const int Length = 2 << 20; // more than a ring holds

    private readonly SoftContext _nic = Engine.NicEngine.Open(new SoftNicOptions());
    private readonly TestPeer _peer;

    public StoppedPeerTests()
    {
        string directory = Rendezvous.Open(null, HostIdentity.Current!).Directory;
        _peer = new TestPeer(directory, $"127.5.{Random.Shared.Next(256)}.{Random.Shared.Next(1, 255)}");
    }

    public void Dispose()
    {
        _peer.Dispose();
        _nic.Dispose();
    }

    [Fact]
    public void A_full_ring_keeps_nobody_awake_and_ends_with_the_retries()
    {
        long ahead = 0;
        _nic.Engine.Clock = () => Stopwatch.GetTimestamp() + ahead;
        using Endpoint first = Connect(QueuePairType.ReliableConnected, timeout: 24); // more than a minute
        using Endpoint second = Connect(QueuePairType.ReliableConnected, timeout: 24);
        Write(first, Length);
        Write(second, 8); // not a packet of it finds room
        Eventually.True(() => _nic.Engine.IsAsleep, "the thread sleeps though there is something to send");
        Assert.Empty(Poll(first).Sent);
        Assert.Empty(Poll(second).Sent);
        foreach (Endpoint endpoint in new[] { first, second })
        {
            Eventually.True(
                () =>
                {
                    ahead += 10 * Stopwatch.Frequency;
                    return Poll(endpoint).Sent.Count == 1;
                },
                "the request ends");
            Assert.Equal(CompletionStatus.RetryExceededError, endpoint.Sent[0].Status);
        }
    }

    [Fact]
    public void When_it_goes_on_everything_does()
    {
        using Endpoint endpoint = Connect(QueuePairType.UnreliableConnected, timeout: 0);
        Write(endpoint, Length);
        Eventually.True(() => _nic.Engine.IsAsleep, "the thread sleeps though there is something to send");
        Assert.Empty(Poll(endpoint).Sent); // it has not given up
        Eventually.True(
            () =>
            {
                _peer.Turn();
                return Poll(endpoint).Sent.Count == 1;
            },
            "the rest is sent when there is room");
        Assert.True(endpoint.Sent[0].IsSuccess);
    }

    [Fact]
    public void What_is_unreliable_is_lost_in_the_end()
    {
        using Endpoint endpoint = Connect(QueuePairType.UnreliableConnected, timeout: 0);
        Write(endpoint, Length);
        Write(endpoint, Length);
        Eventually.True(() => _nic.Engine.IsAsleep, "the thread sleeps though there is something to send");
        Assert.Empty(Poll(endpoint).Sent);
        _nic.Engine.Clock = () => Stopwatch.GetTimestamp() + (10 * Stopwatch.Frequency);
        Eventually.True(() => Poll(endpoint).Sent.Count == 2, "the writes complete as sent");
        Assert.All(endpoint.Sent, completion => Assert.True(completion.IsSuccess));
        Write(endpoint, 8);
        Eventually.True(() => Poll(endpoint).Sent.Count == 3, "what follows is lost at once");

        Eventually.True(() => _peer.Turn() == 0, "the peer goes on, and reads what there is");
        _peer.Received.Clear();
        Write(endpoint, 8);
        _peer.WaitForPackets(1);
    }

    private Endpoint Connect(QueuePairType type, byte timeout)
    {
        var endpoint = new Endpoint(_nic, type, memory: Length);
        endpoint.Connect(_peer.Gid, Number, options => (options.Timeout, options.RetryCount) = (timeout, 0));
        _peer.Turn();
        return endpoint;
    }

    private static Endpoint Poll(Endpoint endpoint)
    {
        endpoint.Poll();
        Thread.Sleep(1); // not a program that spins: the thread does the work
        return endpoint;
    }

    private static void Write(Endpoint endpoint, int length) => Assert.Equal(
        Errno.None,
        endpoint.Post(
            Endpoint.Entry(1, WorkRequestOpcode.RdmaWrite, remoteAddress: 0x5000, remoteKey: 1),
            endpoint.Piece(0, length)));
}
