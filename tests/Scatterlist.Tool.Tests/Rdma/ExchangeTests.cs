using System.Net.Sockets;
using System.Text;
using Scatterlist.Testing;
using Scatterlist.Tool.Rdma.Exchange;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Tests.Rdma;

public sealed class ExchangeTests
{
    // As ibv_rc_pingpong and perftest print them: fields of fixed width, and the NUL of the C string.
    private const string PingPongText = "0001:00a2b3:abcdef:00000000000000000000ffff7f010203\0";
    private const string KeysText =
        "0000:0080:000011:9ea5d3:00000235:00007f1122334455:00:00:00:00:00:00:00:00:00:00:ff:ff:c0:00:02:01:00000000:\0";

    private const string BareKeysText = "0007:0001:000011:9ea5d3:00000235:00007f1122334455:00000000\0";

    private static readonly PeerAddress Address = new(1, 0xa2b3, 0xabcdef, Gid.Parse("127.1.2.3"));

    private static readonly PerftestKeys Keys = new(
        new PeerAddress(0, 0x11, 0x9ea5d3, Gid.Parse("192.0.2.1")), 0x80, 0x235, 0x7f1122334455);

    [Fact]
    public void An_address_is_told_as_ibv_rc_pingpong_tells_it()
    {
        byte[] message = PingPongExchange.Format(Address);

        Assert.Equal(PingPongText, Encoding.ASCII.GetString(message));
        Assert.Equal(52, message.Length);
        Assert.Equal(Address, PingPongExchange.Parse(message));
        Assert.Equal("LID 0x0001, QPN 0x00a2b3, PSN 0xabcdef, GID ::ffff:127.1.2.3", Address.ToString());
    }

    [Fact]
    public void Keys_are_told_as_perftest_tells_them()
    {
        PerftestKeys bare = new(new PeerAddress(7, 0x11, 0x9ea5d3, default), 1, 0x235, 0x7f1122334455);

        Assert.Equal(KeysText, Encoding.ASCII.GetString(Keys.Format(withGid: true)));
        Assert.Equal(108, Keys.Format(withGid: true).Length);
        Assert.Equal(Keys, PerftestKeys.Parse(Keys.Format(withGid: true), withGid: true));
        Assert.Equal(BareKeysText, Encoding.ASCII.GetString(bare.Format(withGid: false)));
        Assert.Equal(59, bare.Format(withGid: false).Length);
        Assert.Equal(bare, PerftestKeys.Parse(bare.Format(withGid: false), withGid: false));
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HTTP/1.1\r\nHost: example.org\r\nAccept: text/html\r\n")]
    [InlineData("0001:00a2b3:abcdef:00000000000000000000ffff7f01020g\0")]
    [InlineData("00001:0a2b3:abcdef:00000000000000000000ffff7f0102\0\0\0")]
    [InlineData("0001:00a2b3:1abcdef:0000000000000000000ffff7f010203\0")]
    [InlineData("0001:00a2b3:-bcdef:00000000000000000000ffff7f010203\0")]
    [InlineData("0001:00a2b3:\u001b[2Jef:00000000000000000000ffff7f010203\0")]
    public void What_is_no_address_is_refused_and_quoted_without_control_characters(string message)
    {
        PeerException refused = Assert.Throws<PeerException>(
            () => PingPongExchange.Parse(Encoding.ASCII.GetBytes(message)));

        Assert.DoesNotContain(refused.Message, char.IsControl);
    }

    [Fact]
    public void Mutated_messages_are_read_or_refused_and_nothing_else()
    {
        byte[] address = Encoding.ASCII.GetBytes(PingPongText), keys = Encoding.ASCII.GetBytes(KeysText);
        SeededRandom.Run(20_000, random =>
        {
            ReadOrRefuse(() => PingPongExchange.Parse(Mutate(address, random)));
            ReadOrRefuse(() => PerftestKeys.Parse(Mutate(keys, random), withGid: true));
            ReadOrRefuse(() => PerftestKeys.Parse(Mutate(keys, random), withGid: false));
        });
    }

    [Fact]
    public async Task A_peer_that_connects_and_says_nothing_is_not_waited_for_for_ever()
    {
        int port = RdmaPair.FreePort();
        using var client = new TcpClient();
        var listening = new TaskCompletionSource();
        Task<ControlChannel> accepting = Task.Run(
            () => ControlChannel.Accept(port, listening.SetResult, TestContext.Current.CancellationToken),
            TestContext.Current.CancellationToken);
        await listening.Task;
        await client.ConnectAsync("127.0.0.1", port, TestContext.Current.CancellationToken);
        using ControlChannel channel = await accepting;
        channel.Patience = TimeSpan.FromMilliseconds(100);
        var exchange = new PerftestExchange(channel, withGid: true);

        foreach (Action swap in new Action[]
            { () => exchange.SwapSystem(4096, 64), () => exchange.SwapMtu(3), () => exchange.SwapKeys(Keys) })
        {
            PeerException refused = Assert.Throws<PeerException>(swap);
            Assert.Contains("silent", refused.Message, StringComparison.Ordinal);
        }
    }

    private static byte[] Mutate(byte[] message, Random random)
    {
        byte[] copy = (byte[])message.Clone();
        for (int i = random.Next(1, 4); i > 0; i--)
            copy[random.Next(0, copy.Length)] = (byte)random.Next(0, 256);
        return copy;
    }

    private static void ReadOrRefuse<T>(Func<T> read)
    {
        try
        {
            read();
        }
        catch (PeerException)
        {
        }
    }
}
