using System.Diagnostics;
using System.Text.Json.Nodes;
using Scatterlist.Testing;
using Scatterlist.Tool.Doctor;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Tests.Rdma;

/// <summary>What doctor says of RDMA devices, on trees of files like the kernel's.</summary>
public sealed class RdmaDoctorTests : IDisposable
{
    private const string Port = "sys/class/infiniband/mlx5_0/ports/1";

    private readonly TempDirectory _folder = new();

    public RdmaDoctorTests()
    {
        Put("sys/class/infiniband_verbs/uverbs0/ibdev", "mlx5_0");
        Put("dev/uverbs0", "");
        Put($"{Port}/state", "4: ACTIVE");
        Put($"{Port}/link_layer", "Ethernet");
        Put($"{Port}/gid_attrs/ndevs/0", "eth7");
        PutGid(0, "fe80:0000:0000:0000:0202:03ff:fe04:0506", "IB/RoCE v1");
        PutGid(1, "fe80:0000:0000:0000:0202:03ff:fe04:0506", "RoCE v2");
        PutGid(2, "0000:0000:0000:0000:0000:ffff:0a00:0007", "IB/RoCE v1");
        PutGid(3, "0000:0000:0000:0000:0000:ffff:0a00:0007", "RoCE v2");
        PutGid(4, "0000:0000:0000:0000:0000:0000:0000:0000", "");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_card_in_order_has_nothing_to_remedy()
    {
        IReadOnlyList<Check> checks = Run();
        Assert.All(checks, check => Assert.Equal((CheckStatus.Ok, null), (check.Status, check.Remedy)));
        Assert.Equal("mlx5_0", checks[0].Found);
        Assert.Contains("index 3, 10.0.0.7 (RoCE v2)", checks[^1].Found, StringComparison.Ordinal);
        Assert.Contains("'-g 3'", checks[^1].Found, StringComparison.Ordinal); // index 0 is what others take
    }

    [Fact]
    public void Without_a_device_the_soft_nic_is_named()
    {
        Directory.Delete(_folder["sys/class"], recursive: true);
        Check check = Assert.Single(Run());
        Assert.Equal(CheckStatus.Absent, check.Status);
        Assert.Contains("soft NIC", check.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_is_down_has_its_interface_brought_up()
    {
        Put($"{Port}/state", "1: DOWN");
        Put($"{Port}/phys_state", "3: Disabled");
        Check check = Bad();
        Assert.Equal(("mlx5_0 port 1", "not active: DOWN, link Disabled"), (check.Name, check.Found));
        Assert.StartsWith("sudo ip link set eth7 up", check.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_of_infiniband_that_waits_needs_a_subnet_manager()
    {
        Put($"{Port}/state", "2: INIT");
        Put($"{Port}/link_layer", "InfiniBand");
        Assert.Contains("opensm", Bad().Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_with_nothing_that_peers_reach_is_told_with_the_command()
    {
        PutGid(3, "fe80:0000:0000:0000:0202:03ff:fe04:0507", "RoCE v2");
        Check check = Bad();
        Assert.Equal("GIDs of mlx5_0 port 1", check.Name);
        Assert.Contains("link-local", check.Found, StringComparison.Ordinal);
        Assert.Equal("sudo ip address add ADDRESS/24 dev eth7", check.Remedy);
        Directory.Delete(_folder[$"{Port}/gid_attrs/types"], recursive: true);
        Assert.Contains("RoCE v1 alone", Bad().Found, StringComparison.Ordinal);
        Directory.Delete(_folder[$"{Port}/gids"], recursive: true);
        Assert.Equal("the table is empty", Bad().Found);
    }

    [Fact]
    public void Little_lockable_memory_is_told_with_the_remedy()
    {
        Check check = Bad(lockedMemory: 64 << 10);
        Assert.Equal("memory that they may reach", check.Name);
        Assert.Contains("memlock", check.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_libibverbs_leaves_out_lacks_its_driver()
    {
        Check check = Bad(listed: () => []);
        Assert.Contains("does not list mlx5_0", check.Found, StringComparison.Ordinal);
        Assert.Contains("ibverbs-providers", check.Remedy, StringComparison.Ordinal);
        check = Bad(listed: () => throw new VerbsException("dlopen", Errno.ENOENT, "the library is not installed", "Install it."));
        Assert.Equal("Install it.", check.Remedy);
    }

    [Fact]
    public void Nodes_that_lack_or_are_closed_are_told_with_the_command()
    {
        string node = _folder["dev/uverbs0"];
        File.SetUnixFileMode(node, UnixFileMode.None);
        if (Environment.UserName != "root") // to whom nothing is closed
            Assert.Equal($"sudo chmod a+rw {node}", Bad().Remedy);
        File.Delete(node);
        Assert.Contains("--device=/dev/infiniband", Bad().Remedy, StringComparison.Ordinal);
        Directory.Delete(_folder["sys/class/infiniband_verbs"], recursive: true);
        Assert.Equal("sudo modprobe ib_uverbs", Bad().Remedy);
    }

    [Fact]
    public void The_command_sees_a_device_of_the_stock_library()
    {
        using var nic = new FakeNic();
        JsonArray checks = JsonNode.Parse(Run(nic, null, "doctor", "--json").Text)!.AsArray();
        JsonNode[] verbs = [.. checks.Where(check => (string)check!["family"]! == "verbs")!];
        Assert.Equal("fake0", (string)verbs[0]["found"]!);
        JsonNode Named(string name) => Assert.Single(verbs, check => (string)check["check"]! == name);
        Assert.Equal("for all of them", (string)Named("drivers of libibverbs")["found"]!);
        Assert.Contains(
            "index 0, 10.0.0.1 (RoCE v2)", (string)Named("GIDs of fake0 port 1")["found"]!, StringComparison.Ordinal);
        Assert.StartsWith("libibverbs, ", (string)Named("provider")["found"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "fake0", "provider: libibverbs, the first provider with a device")]
    [InlineData("auto", "fake0", "provider: libibverbs, the first provider with a device")]
    [InlineData("libibverbs", "fake0", "provider: libibverbs, as SCATTERLIST_VERBS=libibverbs says")]
    [InlineData("softroce", "soft0", "provider: softroce, as SCATTERLIST_VERBS=softroce says")]
    public void The_provider_follows_the_environment_and_says_why(string? choice, string device, string reason)
    {
        using var nic = new FakeNic();
        SglResult result = Run(nic, choice, "devinfo");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.StartsWith($"hca_id:\t{device}\n", result.Text, StringComparison.Ordinal);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
    }

    private static SglResult Run(FakeNic nic, string? provider, params string[] arguments)
    {
        var given = new ProcessStartInfo();
        given.Environment.Clear();
        nic.Give(given);
        if (provider is not null)
            given.Environment["SCATTERLIST_VERBS"] = provider;
        string[] environment = [.. given.Environment.Select(pair => $"{pair.Key}={pair.Value}")];
        using Process process = Sgl.Start(environment, arguments);
        return Sgl.Finish(process, [], string.Join(' ', arguments));
    }

    private IReadOnlyList<Check> Run(ulong? lockedMemory = null, Func<IReadOnlyList<string>>? listed = null) =>
        [.. new RdmaCardChecks(_folder["sys"], _folder["dev"], lockedMemory, listed ?? (() => ["mlx5_0"])).Run()];

    /// <summary>The one check that is not well.</summary>
    private Check Bad(ulong? lockedMemory = null, Func<IReadOnlyList<string>>? listed = null)
    {
        Check check = Assert.Single(Run(lockedMemory, listed), check => check.Status != CheckStatus.Ok);
        Assert.Equal(CheckStatus.Limited, check.Status);
        Assert.NotNull(check.Remedy);
        return check;
    }

    private void PutGid(int index, string gid, string type)
    {
        Put($"{Port}/gids/{index}", gid);
        Put($"{Port}/gid_attrs/types/{index}", type);
    }

    private void Put(string path, string text)
    {
        string file = _folder[path];
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text + "\n");
    }
}
