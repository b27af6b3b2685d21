using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Scatterlist.Tool.Tests.Rdma;

public sealed class PingPongTests
{
    [Theory]
    [InlineData("rc", "send", 10_000)]
    [InlineData("rc", "write", 10_000)]
    [InlineData("rc", "read", 10_000)]
    [InlineData("uc", "send", 10_000)]
    [InlineData("uc", "write", 1)]
    [InlineData("ud", "send", 1000)]
    public void Two_of_us_exchange_messages_whose_bytes_are_right(string type, string verb, int size)
    {
        (SglResult server, SglResult client) = RdmaPair.Run(
            [], "pingpong", "--type", type, "--verb", verb, "-s", $"{size}", "-n", "50", "-c", "--json");

        Assert.True(client.ExitCode == 0, client.ToString());
        Assert.True(server.ExitCode == 0, server.ToString());
        foreach (JsonNode result in new[] { server.Json, client.Json })
        {
            Assert.True((bool)result["verified"]!);
            Assert.Equal(type, (string)result["type"]!);
            Assert.Equal((long)size * 50 * (verb == "read" ? 1 : 2), (long)result["bytes"]!);
            Assert.True((double)result["usec_per_iter"]! > 0);
        }

        Assert.Equal((string)server.Json["local"]!, (string)client.Json["remote"]!);
        Assert.Equal((string)server.Json["remote"]!, (string)client.Json["local"]!);
    }

    [Theory]
    [InlineData("rc")]
    [InlineData("ud")]
    public void The_same_goes_over_UDP(string type)
    {
        (SglResult server, SglResult client) = RdmaPair.Run(
            [RdmaPair.OverUdp], "pingpong", "--type", type, "-s", "2000", "-m", "4096", "-n", "50", "-c");

        Assert.True(client.ExitCode == 0, client.ToString());
        Assert.True(server.ExitCode == 0, server.ToString());
    }

    [Fact]
    public void The_lines_are_those_of_ibv_rc_pingpong()
    {
        (SglResult server, SglResult client) = RdmaPair.Run([], "pingpong", "-n", "20", "-e");

        foreach (SglResult result in new[] { server, client })
        {
            Assert.True(result.ExitCode == 0, result.ToString());
            Assert.Matches(
                @"^  local address:  LID 0x0000, QPN 0x[0-9a-f]{6}, PSN 0x[0-9a-f]{6}, GID ::ffff:127\.\d+\.\d+\.\d+\n"
                + @"  remote address: LID 0x0000, QPN 0x[0-9a-f]{6}, PSN 0x[0-9a-f]{6}, GID ::ffff:127\.\d+\.\d+\.\d+\n"
                + @"163840 bytes in \d+\.\d\d seconds = \d+\.\d\d Mbit/sec\n"
                + @"20 iters in \d+\.\d\d seconds = \d+\.\d\d usec/iter\n$",
                result.Text);
        }
    }

    [Fact]
    public void A_C_programs_52_bytes_are_answered_with_as_many()
    {
        int port = RdmaPair.FreePort();
        using Process server = RdmaPair.StartServer(port, "pingpong");
        using var client = new TcpClient("127.0.0.1", port);
        NetworkStream stream = client.GetStream();
        stream.Write("0000:000011:9ea5d3:00000000000000000000ffff7f7f7f7f\0"u8);
        byte[] answer = new byte[52];
        stream.ReadExactly(answer);
        stream.Write("done\0"u8);

        Assert.Matches(
            "^0000:[0-9a-f]{6}:[0-9a-f]{6}:00000000000000000000ffff7f[0-9a-f]{6}\0$", Encoding.ASCII.GetString(answer));
        server.Kill();
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html,everything\r\n\r\n", "does not speak")]
    [InlineData("0000:000011:9ea5d3:00000000000000000000000000000000\0", "no GID")]
    [InlineData("0000:0000", "closed the connection")]
    public void Strangers_are_turned_away(string message, string reason)
    {
        int port = RdmaPair.FreePort();
        using Process server = RdmaPair.StartServer(port, "pingpong");
        using (var client = new TcpClient("127.0.0.1", port))
            client.GetStream().Write(Encoding.ASCII.GetBytes(message));

        SglResult result = Sgl.Finish(server, [], "pingpong");
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_game_whose_peer_is_killed_ends()
    {
        using RdmaPair pair = RdmaPair.Start([], "pingpong", "-n", "100000000", "-s", "1");
        pair.WaitForClient("remote address");
        pair.Client.Kill();

        SglResult server = Sgl.Finish(pair.Server, [], "pingpong");
        Assert.True(server.ExitCode == 1, server.ToString());
        Assert.Contains("sgl: ", server.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 130)]
    [InlineData(15, 143)]
    public void A_game_can_be_interrupted(int signal, int code)
    {
        using RdmaPair pair = RdmaPair.Start([], "pingpong", "-n", "100000000", "-s", "1");
        pair.WaitForClient("remote address");
        Sgl.Signal(pair.Client, signal);

        (SglResult server, SglResult client) = pair.Finish();
        Assert.True(client.ExitCode == code, client.ToString());
        Assert.True(server.ExitCode == 1, server.ToString());
    }

    [Fact]
    public void A_server_that_waits_can_be_interrupted()
    {
        using Process server = RdmaPair.StartServer(RdmaPair.FreePort(), "pingpong");
        Sgl.Signal(server, 2);

        Assert.Equal(130, Sgl.Finish(server, [], "pingpong").ExitCode);
    }

    [Fact]
    public void Nobody_at_the_other_end_is_told()
    {
        SglResult result = Sgl.Run("pingpong", "127.0.0.1", "-p", $"{RdmaPair.FreePort()}");

        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("cannot connect", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-s", "0")]
    [InlineData("-s", "2000000000")]
    [InlineData("-m", "1000")]
    [InlineData("-n", "0")]
    [InlineData("-r", "1")]
    [InlineData("-l", "16")]
    [InlineData("-p", "0")]
    [InlineData("-g", "77")]
    [InlineData("--type", "xrc")]
    [InlineData("--type", "ud", "-s", "5000")]
    [InlineData("--type", "uc", "--verb", "read")]
    [InlineData("--verb", "write", "-e")]
    [InlineData("--itres")]
    public void What_makes_no_sense_is_refused(params string[] arguments)
    {
        SglResult result = Sgl.Run(["pingpong", .. arguments]);

        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.NotEmpty(result.Error);
    }
}
