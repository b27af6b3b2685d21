using System.Diagnostics;
using System.Net;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Engine.Udp;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Tests.Transport;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Udp;

public sealed class UdpTimeoutTests
{
    [Fact]
    public void An_answer_that_waits_in_the_socket_comes_before_the_timeout()
    {
        using UdpPort peer = UdpFixture.Open();
        IPAddress address = UdpFixture.FreshV4();
        UdpPort own = UdpPort.Open(address, new());
        var engine = new NicEngine(
            [new GidEntry(own.Local, 0, 1, GidType.RoceV2)], Mtu.Bytes4096, [own], sameHost: null, capture: null);
        long ahead = 0;
        engine.Clock = () => Stopwatch.GetTimestamp() + ahead;
        using var nic = new SoftContext(engine, 1 << 20);
        using var endpoint = new Endpoint(nic);
        endpoint.Connect(peer.Local, 0x77, options => (options.Timeout, options.RetryCount) = (20, 0)); // 4.3 s
        for (int i = 0; i < 2000; i++)
            engine.Progress(); // the socket is quiet, and looked at ever more seldom
        Assert.Equal(
            Errno.None, endpoint.Post(Endpoint.Entry(1, WorkRequestOpcode.Send), endpoint.Piece(0, 8)));
        var keeper = new UdpFixture.Keeper();
        Assert.True(UdpFixture.ReceiveAll(peer, keeper, 1));

        UdpPath path = peer.CreatePath(own.Local);
        byte[] header = new byte[HeaderSizes.Longest];
        var writer = new HeaderWriter(header);
        writer.Base(Opcode.RcAcknowledge, 0, endpoint.QueuePair.Number, keeper.Sequence.Single());
        writer.Aeth(Syndrome.Ack, 1);
        Assert.True(path.TryQueue(writer.Written, default, 0, 0, 64));
        path.Flush();
        ahead = (long)(4.4 * Stopwatch.Frequency);
        Eventually.True(
            () =>
            {
                engine.Progress();
                endpoint.Poll();
                return endpoint.Sent.Count == 1;
            },
            "the send completes");
        Assert.True(endpoint.Sent[0].IsSuccess, endpoint.Sent[0].ToString());
    }
}
