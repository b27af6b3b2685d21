using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Scatterlist.Tool.Tests.Rdma;

public sealed class PerfTests
{
    private const string BandwidthColumns =
        " #bytes     #iterations    BW peak[MB/sec]    BW average[MB/sec]   MsgRate[Mpps]\n";

    [Theory]
    [InlineData("write", "RC", 65_536)]
    [InlineData("write", "UC", 4096)]
    [InlineData("read", "RC", 65_536)]
    [InlineData("atomic", "RC", 8)]
    [InlineData("send", "RC", 65_536)]
    [InlineData("send", "UD", 2048)]
    public void Bandwidth_is_measured(string verb, string connection, int size)
    {
        (SglResult server, SglResult client) = RdmaPair.Run(
            [], "bw", "--verb", verb, "-c", connection, "-s", $"{size}", "-n", "300", "--json");

        Assert.True(client.ExitCode == 0, client.ToString());
        Assert.True(server.ExitCode == 0, server.ToString());
        JsonNode result = Assert.Single(client.Json["results"]!.AsArray())!;
        Assert.Equal(size, (long)result["MsgSize"]!);
        Assert.Equal(300, (long)result["n_iterations"]!);
        Assert.True((double)result["BW_average"]! > 0);
        Assert.True((double)result["BW_peak"]! >= (double)result["BW_average"]! * 0.99);
        Assert.Equal(connection, (string)client.Json["test_info"]!["Connection_type"]!);

        // The server of one-sided work learns from its client; that of messages counts them itself.
        JsonNode told = Assert.Single(server.Json["results"]!.AsArray())!;
        if (verb == "send")
            Assert.True((long)told["n_iterations"]! <= 300);
        else
            Assert.Equal((double)result["BW_average"]!, (double)told["BW_average"]!);
    }

    [Theory]
    [InlineData("write", "RC")]
    [InlineData("write", "UC")]
    [InlineData("read", "RC")]
    [InlineData("atomic", "RC")]
    [InlineData("send", "RC")]
    [InlineData("send", "UD")]
    public void Latency_is_measured(string verb, string connection)
    {
        (SglResult server, SglResult client) = RdmaPair.Run(
            [], "lat", "--verb", verb, "-c", connection, "-n", "200", "--json");

        Assert.True(client.ExitCode == 0, client.ToString());
        Assert.True(server.ExitCode == 0, server.ToString());
        JsonNode result = Assert.Single(client.Json["results"]!.AsArray())!;
        Assert.Equal(200, (long)result["n_iterations"]!);
        double least = (double)result["t_min"]!, typical = (double)result["t_typical"]!, most = (double)result["t_max"]!;
        Assert.True(0 < least && least <= typical && typical <= most);
        Assert.True(typical <= (double)result["percentile_99"]!);
        Assert.True((double)result["percentile_99"]! <= (double)result["percentile_99.9"]!);
    }

    [Fact]
    public void Several_queue_pairs_send_both_ways_at_once()
    {
        foreach (string verb in new[] { "write", "send" })
        {
            (SglResult server, SglResult client) = RdmaPair.Run(
                [], "bw", "--verb", verb, "-q", "3", "-b", "-s", "1000", "-n", "500", "-t", "16", "-Q", "4", "--json");

            Assert.True(client.ExitCode == 0, client.ToString());
            Assert.True(server.ExitCode == 0, server.ToString());
            JsonNode result = Assert.Single(client.Json["results"]!.AsArray())!;
            Assert.Equal(1500, (long)result["n_iterations"]!);
            Assert.Equal(3, (long)client.Json["test_info"]!["Number_of_qps"]!);

            // Each adds the other one's report to its own: both end up with the sum.
            JsonNode told = Assert.Single(server.Json["results"]!.AsArray())!;
            Assert.Equal((double)result["BW_average"]!, (double)told["BW_average"]!, 6);
        }
    }

    [Theory]
    [InlineData("write", "200", "-I", "256")]
    [InlineData("read", "200")]
    [InlineData("atomic", "8")]
    [InlineData("send", "9000")]
    public void Messages_are_posted_in_lists(string verb, string size, params string[] more)
    {
        (SglResult server, SglResult client) = RdmaPair.Run(
            [], ["bw", "--verb", verb, "-s", size, "-l", "8", "-n", "400", "--json", .. more]);

        Assert.True(client.ExitCode == 0, client.ToString());
        Assert.True(server.ExitCode == 0, server.ToString());
        Assert.Equal(400, (long)client.Json["results"]![0]!["n_iterations"]!);
        Assert.Equal(8, (long)client.Json["test_info"]!["Post_List"]!);
        Assert.Equal(8, (long)client.Json["test_info"]!["CQ_Moderation"]!);
    }

    [Theory]
    [InlineData("bw", "write")]
    [InlineData("bw", "send")]
    [InlineData("lat", "write")]
    [InlineData("lat", "send")]
    public void All_sizes_have_a_line_each(string command, string verb)
    {
        (SglResult server, SglResult client) = RdmaPair.Run([], command, "--verb", verb, "-a", "-n", "5", "--json");

        Assert.True(client.ExitCode == 0, client.ToString());
        Assert.True(server.ExitCode == 0, server.ToString());
        Assert.Equal(
            Enumerable.Range(1, 23).Select(power => 1L << power),
            client.Json["results"]!.AsArray().Select(result => (long)result!["MsgSize"]!));
    }

    [Fact]
    public void Lists_that_are_no_multiple_of_the_moderation_come_to_an_end()
    {
        (SglResult server, SglResult client) = RdmaPair.Run(
            [], "bw", "-s", "8", "-l", "64", "-Q", "100", "-n", "1280", "--json");

        Assert.True(client.ExitCode == 0, client.ToString());
        Assert.True(server.ExitCode == 0, server.ToString());
        Assert.Equal(128, (long)client.Json["test_info"]!["CQ_Moderation"]!);
    }

    [Theory]
    [InlineData("UD", 12)]
    [InlineData("UC", 23)]
    public void Messages_that_get_lost_do_not_disturb_those_of_the_next_size(string connection, int sizes)
    {
        (SglResult server, SglResult client) = RdmaPair.Run(
            [RdmaPair.OverUdp, "SCATTERLIST_SOFTROCE_FAULTS=loss=4,seed=7"],
            "bw", "--verb", "send", "-c", connection, "-a", "-n", "60", "-r", "64", "-m", "4096", "--json");

        Assert.True(client.ExitCode == 0, client.ToString());
        Assert.True(server.ExitCode == 0, server.ToString());
        Assert.Equal(sizes, server.Json["results"]!.AsArray().Count);
        Assert.Contains("did not come", server.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Offsets_above_2_GiB_are_right()
    {
        (SglResult server, SglResult client) = RdmaPair.Run(
            [], "bw", "--verb", "send", "-s", "8M", "-q", "130", "-n", "5", "-r", "5", "-t", "1", "--json");

        Assert.True(client.ExitCode == 0, client.ToString());
        Assert.True(server.ExitCode == 0, server.ToString());
        Assert.Equal(650, (long)server.Json["results"]![0]!["n_iterations"]!);
    }

    [Fact]
    public void Messages_go_over_UDP_as_well()
    {
        (SglResult server, SglResult client) = RdmaPair.Run(
            [RdmaPair.OverUdp], "bw", "--verb", "send", "-s", "20000", "-n", "200", "-e", "--report_gbits", "--json");

        Assert.True(client.ExitCode == 0, client.ToString());
        Assert.True(server.ExitCode == 0, server.ToString());
        Assert.Equal("Gb/sec", (string)client.Json["test_info"]!["BW_unit"]!);
        Assert.Equal(200, (long)server.Json["results"]![0]!["n_iterations"]!);
    }

    [Theory]
    [InlineData("bw", "write")]
    [InlineData("bw", "send")]
    [InlineData("lat", "send")]
    [InlineData("lat", "write")]
    [InlineData("lat", "read")]
    public void A_test_can_be_timed(string command, string verb)
    {
        (SglResult server, SglResult client) = RdmaPair.Run([], command, "--verb", verb, "-D", "1", "--json");

        Assert.True(client.ExitCode == 0, client.ToString());
        Assert.True(server.ExitCode == 0, server.ToString());
        Assert.True((long)client.Json["results"]![0]!["n_iterations"]! > 0);
    }

    [Fact]
    public void The_text_is_perftests()
    {
        (SglResult server, SglResult client) = RdmaPair.Run([], "bw", "-s", "4096", "-n", "100");
        (_, SglResult latency) = RdmaPair.Run([], "lat", "-n", "100");

        Assert.True(client.ExitCode == 0, client.ToString());
        Assert.Contains("* Waiting for client to connect... *", server.Text, StringComparison.Ordinal);
        Assert.Contains("RDMA_Write BW Test\n", client.Text, StringComparison.Ordinal);
        Assert.Contains(" Connection type : RC\t\tUsing SRQ      : OFF\n", client.Text, StringComparison.Ordinal);
        Assert.Contains(BandwidthColumns, client.Text, StringComparison.Ordinal);
        Assert.Contains(BandwidthColumns, server.Text, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^ 4096       100 +\d+\.\d\d +\d+\.\d\d *\t\t   \d+\.\d{6}$", client.Text);
        Assert.Matches(@"(?m)^ local address: LID 0x00 QPN 0x[0-9a-f]+ PSN 0x[0-9a-f]+ VAddr 0x[0-9a-f]{16}$", client.Text);
        Assert.DoesNotContain("RKey", client.Text, StringComparison.Ordinal);
        Assert.Contains("t_min[usec]    t_max[usec]  t_typical[usec]", latency.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_of_no_numbers_is_null_in_JSON()
    {
        const string Keys =
            "0000:0001:000011:9ea5d3:00000235:00007f1122334455:00:00:00:00:00:00:00:00:00:00:ff:ff:7f:7f:7f:7f:00000000:\0";
        int port = RdmaPair.FreePort();
        using Process server = RdmaPair.StartServer(port, "bw", "--json");
        using var client = new TcpClient("127.0.0.1", port);
        NetworkStream stream = client.GetStream();
        Swap(stream, Padded("6.06", 16));
        Swap(stream, [0, 0, 0x10, 0]);
        Swap(stream, [0, 0, 0, 64]);
        Swap(stream, "3\0"u8.ToArray());
        for (int i = 0; i < 4; i++) // to tell them, to see that they are told, before the test and after it
            Swap(stream, Encoding.ASCII.GetBytes(Keys));
        foreach (ulong number in (ulong[])[65_536, 5000])
            Swap(stream, BigEndian(number));
        foreach (double number in (double[])[double.NaN, double.PositiveInfinity, double.NegativeInfinity])
            Swap(stream, BigEndian(BitConverter.DoubleToUInt64Bits(number)));
        Swap(stream, Encoding.ASCII.GetBytes(Keys));
        stream.Write("done\0"u8);

        SglResult result = Sgl.Finish(server, [], "bw");
        Assert.True(result.ExitCode == 0, result.ToString());
        JsonNode report = Assert.Single(result.Json["results"]!.AsArray())!;
        Assert.Equal(5000, (long)report["n_iterations"]!);
        Assert.All(["BW_peak", "BW_average", "MsgRate"], name => Assert.Null(report[name]));
    }

    [Fact]
    public void The_exchange_is_perftests()
    {
        int port = RdmaPair.FreePort();
        using Process server = RdmaPair.StartServer(port, "bw", "-q", "1", "--json");
        using var client = new TcpClient("127.0.0.1", port);
        NetworkStream stream = client.GetStream();

        Assert.Equal("6.06", Encoding.ASCII.GetString(Swap(stream, Padded("6.06", 16))).TrimEnd('\0'));
        Assert.True(BinaryPrimitives.ReadInt32BigEndian(Swap(stream, [0, 0, 0x10, 0])) >= 4096);
        Assert.Equal(64, BinaryPrimitives.ReadInt32BigEndian(Swap(stream, [0, 0, 0, 64])));
        byte[] mtu = Swap(stream, "3\0"u8.ToArray());
        Assert.InRange(mtu[0], (byte)'1', (byte)'5');
        Assert.Equal(0, mtu[1]);
        const string Keys =
            "0000:0001:000011:9ea5d3:00000235:00007f1122334455:00:00:00:00:00:00:00:00:00:00:ff:ff:7f:7f:7f:7f:00000000:\0";
        string answer = Encoding.ASCII.GetString(Swap(stream, Encoding.ASCII.GetBytes(Keys)));
        Assert.Matches(
            "^0000:0001:[0-9a-f]{6}:[0-9a-f]{6}:[0-9a-f]{8}:[0-9a-f]{16}:(00:){10}ff:ff:7f:([0-9a-f]{2}:){3}00000000:\0$", answer);
        client.Close();

        SglResult result = Sgl.Finish(server, [], "bw");
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("closed the connection", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bw", "write")]
    [InlineData("bw", "send")]
    [InlineData("lat", "write")]
    public void A_test_whose_peer_is_killed_ends(string command, string verb)
    {
        using RdmaPair pair = RdmaPair.Start([], command, "--verb", verb, "-n", "10000000");
        pair.WaitForClient("#bytes");
        pair.Client.Kill();

        SglResult server = Sgl.Finish(pair.Server, [], command);
        Assert.True(server.ExitCode == 1, server.ToString());
        Assert.Contains("sgl: ", server.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_test_can_be_interrupted()
    {
        using RdmaPair pair = RdmaPair.Start([], "bw", "-n", "100000000", "--noPeak");
        pair.WaitForClient("#bytes");
        Sgl.Signal(pair.Client, 2);

        (SglResult server, SglResult client) = pair.Finish();
        Assert.True(client.ExitCode == 130, client.ToString());
        Assert.True(server.ExitCode == 1, server.ToString());
    }

    [Theory]
    [InlineData("bw", "-n", "4")]
    [InlineData("bw", "-s", "9M")]
    [InlineData("bw", "-q", "0")]
    [InlineData("bw", "-a", "-s", "64")]
    [InlineData("bw", "-D", "1", "-n", "10")]
    [InlineData("bw", "-D", "0")]
    [InlineData("bw", "-b", "-e")]
    [InlineData("bw", "-l", "65")]
    [InlineData("bw", "-l", "8", "-n", "100")]
    [InlineData("bw", "-c", "UD")]
    [InlineData("bw", "--verb", "read", "-c", "UC")]
    [InlineData("bw", "--verb", "atomic", "-s", "16")]
    [InlineData("bw", "--verb", "swap")]
    [InlineData("lat", "-q", "2")]
    [InlineData("lat", "-e")]
    public void What_makes_no_sense_is_refused(params string[] arguments)
    {
        SglResult result = Sgl.Run(arguments);

        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.Empty(result.Text);
    }

    private static byte[] Swap(NetworkStream stream, byte[] mine)
    {
        byte[] answer = new byte[mine.Length];
        stream.Write(mine);
        stream.ReadExactly(answer);
        return answer;
    }

    private static byte[] BigEndian(ulong number)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        return bytes;
    }

    private static byte[] Padded(string text, int length)
    {
        byte[] bytes = new byte[length];
        Encoding.ASCII.GetBytes(text, bytes);
        return bytes;
    }
}
