using System.Diagnostics;
using System.Text.Json.Nodes;
using Scatterlist.Tool.Commands.Rdma;
using Scatterlist.Tool.Rdma;
using Scatterlist.Tool.Report;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Tests.Rdma;

public sealed class RdmaDeviceTests
{
    [Fact]
    public void Devices_are_told_in_the_blocks_of_ibv_devinfo()
    {
        SglResult text = Sgl.Run("devinfo", "-d", "soft0", "-v");

        Assert.True(text.ExitCode == 0, text.ToString());
        string[] lines = text.Text.Split('\n');
        Assert.Equal("hca_id:\tsoft0", lines[0]);
        Assert.Equal("\ttransport:\t\t\tInfiniBand (0)", lines[1]);
        string[] keys = ["fw_ver:", "node_guid:", "phys_port_cnt:\t\t\t1", "max_mr_size:", "max_qp:\t\t\t\t", "port:\t1",
            "state:\t\t\tPORT_ACTIVE (4)", "active_mtu:\t\t", "link_layer:\t\tEthernet", "GID[  0]:\t\t0000:"];
        int[] places = [.. keys.Select(key => Array.FindIndex(lines, line => line.Trim().StartsWith(key, StringComparison.Ordinal)))];
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
        Assert.EndsWith("RoCE v2", lines.First(line => line.Contains("GID[", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_is_told_as_json()
    {
        JsonArray devices = Sgl.Run("devinfo", "-v", "--json").Json.AsArray();

        JsonNode device = Assert.Single(devices, device => (string)device!["hca_id"]! == "soft0")!;
        Assert.Equal("softroce", (string)device["provider"]!);
        Assert.True((long)device["max_qp"]! > 1);
        JsonNode port = Assert.Single(device["ports"]!.AsArray())!;
        Assert.Equal("PORT_ACTIVE (4)", (string)port["state"]!);
        Assert.NotEmpty(port["gids"]!.AsArray());
    }

    [Fact]
    public void Names_alone_can_be_had()
    {
        SglResult result = Sgl.Run("devinfo", "-l", "--provider", "softroce");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("\tsoft0\n", result.Text, StringComparison.Ordinal);
        Assert.Contains("provider: softroce", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Gids_are_listed_with_their_addresses()
    {
        SglResult text = Sgl.Run("gids", "-d", "soft0");
        JsonArray gids = Sgl.Run("gids", "--json").Json.AsArray();

        Assert.True(text.ExitCode == 0, text.ToString());
        Assert.Matches(
            @"(?m)^soft0\s+1\s+0\s+0000:0000:0000:0000:0000:ffff:7f..:....\s+127\.\d+\.\d+\.\d+\s+v2\s+lo\s+default", text.Text);
        JsonNode gid = gids.First(gid => (string)gid!["device"]! == "soft0")!;
        Assert.Equal("v2", (string)gid["type"]!);
        Assert.StartsWith("127.", (string)gid["ipv4"]!, StringComparison.Ordinal);
        Assert.True((bool)gid["default"]!);
    }

    [Fact]
    public void A_device_is_found_by_its_name_whichever_provider_has_it()
    {
        Assert.Equal(0, Sgl.Run("devinfo", "-d", "soft0", "-l", "--provider", "auto").ExitCode);
        Assert.Equal(4, Sgl.Run("devinfo", "-d", "soft0", "-l", "--provider", "libibverbs").ExitCode);
    }

    [Fact]
    public void A_device_that_fails_is_told_of_and_the_next_one_has_its_turn()
    {
        var seen = new List<int>();

        bool isGood = RdmaDevices.TryEach([1, 2, 3], Terminal.Create(isJson: false), device =>
        {
            if (device == 2)
                throw new VerbsException("opening a device", Errno.EIO, "it is broken");
            seen.Add(device);
        }, CancellationToken.None);

        Assert.False(isGood);
        Assert.Equal([1, 3], seen);
    }

    [Fact]
    public void A_device_that_cannot_be_opened_is_told_of()
    {
        foreach (string command in new[] { "devinfo", "gids" })
        {
            // An address of nobody (RFC 5737).
            using Process process = Sgl.Start(["SCATTERLIST_SOFTROCE_ADDRESS=192.0.2.77"], [command, "--json"]);
            SglResult result = Sgl.Finish(process, [], command);

            Assert.True(result.ExitCode == 4, result.ToString());
            Assert.Contains("192.0.2.77", result.Error, StringComparison.Ordinal);
            Assert.All(result.Json.AsArray(), told => Assert.NotEqual("soft0", (string?)told!["hca_id"] ?? (string)told["device"]!));
        }
    }

    [Fact]
    public void An_MTU_that_is_none_is_told_as_ibv_devinfo_tells_it()
    {
        var port = new PortAttributes
        {
            State = PortState.Down,
            MaxMtu = (Mtu)7,
            ActiveMtu = 0,
            GidTableLength = 0,
            MaxMessageSize = 0,
            LinkLayer = LinkLayer.Ethernet,
        };

        var block = new PortBlock(1, port, [], isVerbose: false);

        Assert.Contains(("max_mtu", "invalid MTU (7)"), block.Values);
        Assert.Contains(("active_mtu", "invalid MTU (0)"), block.Values);
    }

    [Fact]
    public void The_environment_chooses_the_provider_and_its_choice_is_told()
    {
        using Process process = Sgl.Start(["SCATTERLIST_VERBS=softroce"], ["devinfo", "-l"]);
        SglResult result = Sgl.Finish(process, [], "devinfo");

        Assert.Contains("SCATTERLIST_VERBS=softroce", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("devinfo", "-d", "nosuch0")]
    [InlineData("gids", "--provider", "nosuch")]
    [InlineData("pingpong", "-d", "nosuch0")]
    [InlineData("bw", "--provider", "nosuch")]
    public void What_is_not_there_is_said_with_what_is(params string[] arguments)
    {
        SglResult result = Sgl.Run(arguments);

        Assert.True(result.ExitCode == 4, result.ToString());
        Assert.Contains("soft", result.Error, StringComparison.Ordinal);
    }
}
