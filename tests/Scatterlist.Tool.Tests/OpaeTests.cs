using System.Text.Json.Nodes;
using Scatterlist.Opae;
using Scatterlist.Testing;

namespace Scatterlist.Tool.Tests;

public sealed class OpaeTests
{
    private const string LoopbackId = "56e203e9-864f-49a7-b94b-12284c31e02b";

    [Fact]
    public void A_served_accelerator_is_listed_described_and_exercised()
    {
        using var folder = new TempDirectory();
        using EmulatorProcess emulator = EmulatorProcess.Accelerator(folder["socket"]);
        SglResult Run(params string[] arguments) => Sgl.Run(["opae", .. arguments, "--socket", emulator.Socket]);

        SglResult list = Run("list");
        JsonNode listed = Run("list", "--json").Json[0]!;
        SglResult port = Run("port");
        SglResult loopback = Run("lpbk", "--size", "1M", "--count", "3");
        JsonNode interrupted = Run("lpbk", "--interrupt", "2", "--json").Json;

        Assert.True(list.ExitCode == 0, list.ToString());
        Assert.Contains(LoopbackId, list.Text, StringComparison.Ordinal);
        Assert.Equal("HE-LB", (string)listed["accelerator"]!);
        Assert.Equal("Unassigned", (string)listed["state"]!);
        Assert.Equal("0x8086", (string)listed["vendorId"]!);
        Assert.True(port.ExitCode == 0, port.ToString());
        Assert.Contains("//****** PORT ******//", port.Text, StringComparison.Ordinal);
        Assert.Matches($@"Accelerator GUID +: {LoopbackId}", port.Text);
        Assert.True(loopback.ExitCode == 0, loopback.ToString());
        Assert.Equal(3, loopback.Text.Split("Total number of Reads sent: 16384\n").Length - 1);
        Assert.Contains("Test lpbk(3): PASS", loopback.Text, StringComparison.Ordinal);
        Assert.True((bool)interrupted["passed"]!);
        Assert.False((bool)interrupted["embedded"]!);
        Assert.Equal(1024ul, (ulong)interrupted["runs"]![0]!["reads"]!);
        Assert.Equal(0, emulator.Stop());
    }

    [Theory]
    [InlineData("he-lb", "lpbk", 1024, 1024)]
    [InlineData("he-mem", "read", 1024, 0)]
    [InlineData("nlb0", "write", 0, 1024)]
    [InlineData("nlb0", "trput", 1024, 1024)]
    public void The_embedded_accelerators_need_nothing(string kind, string mode, int reads, int writes)
    {
        SglResult result = Sgl.Run("opae", "lpbk", "--emulated", kind, "--mode", mode, "--json");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.True((bool)result.Json["embedded"]!);
        Assert.Equal((ulong)reads, (ulong)result.Json["runs"]![0]!["reads"]!);
        Assert.Equal((ulong)writes, (ulong)result.Json["runs"]![0]!["writes"]!);
    }

    [Fact]
    public void A_device_that_somebody_uses_is_busy_and_listed_so()
    {
        using var folder = new TempDirectory();
        using EmulatorProcess emulator = EmulatorProcess.Accelerator(folder["socket"]);
        using Accelerator mine = VfioFpgaProvider.FromSocket(emulator.Socket).Enumerate()[0].Open();

        SglResult loopback = Sgl.Run("opae", "lpbk", "--socket", emulator.Socket);
        SglResult list = Sgl.Run("opae", "list", "--socket", emulator.Socket);

        Assert.Equal(1, loopback.ExitCode);
        Assert.Contains("resource busy (2)", loopback.Error, StringComparison.Ordinal);
        Assert.Contains("assigned", list.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("unassigned", list.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_makes_no_sense_or_is_missing_is_said_so()
    {
        SglResult absent = Sgl.Run("opae", "lpbk", "--socket", "/nonexistent/socket");
        SglResult device = Sgl.Run("opae", "port", "--device", "ffff:ff:1f.7");
        SglResult both = Sgl.Run("opae", "list", "--socket", "x", "--emulated", "nlb0");
        SglResult vector = Sgl.Run("opae", "lpbk", "--emulated", "he-lb", "--interrupt", "4");
        SglResult nothing = Sgl.Run("opae", "lpbk", "--emulated", "he-lb", "--size", "0");
        SglResult unknown = Sgl.Run("opae", "lpbk", "--emulated", "he-hssi");

        Assert.Equal(4, absent.ExitCode);
        Assert.Equal(4, device.ExitCode);
        SglResult three = Sgl.Run("opae", "list", "--libopae", "--emulated", "nlb0");
        Assert.Equal(2, three.ExitCode);
        Assert.All((SglResult[])[both, vector, nothing, unknown], result => Assert.Equal(2, result.ExitCode));
    }

    [Fact]
    public void Faults_of_a_client_are_traced()
    {
        using var folder = new TempDirectory();
        using EmulatorProcess emulator = EmulatorProcess.Accelerator(folder["socket"], "--trace");
        using Accelerator accelerator = VfioFpgaProvider.FromSocket(emulator.Socket).Enumerate()[0].Open();
        using var exerciser = LoopbackExerciser.Create(accelerator);
        exerciser.Start(LoopbackMode.Read, new IoAddress(0x40000000), default, 64);
        Assert.False(exerciser.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken).IsSuccess);
        Assert.Contains("Read fault at 0x40000000: NotMapped", emulator.ReadTrace(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_opaes_library_its_way_is_unavailable()
    {
        if (LibOpaeFpgaProvider.TryLoad() is not null)
            Assert.Skip("libopae-c.so.2 is installed");
        SglResult result = Sgl.Run("opae", "port", "--libopae");
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("Install OPAE's libopae-c 2", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_doctor_looks_at_what_accelerators_need()
    {
        SglResult result = Sgl.Run("doctor", "--json");
        JsonNode[] rows = [.. result.Json.AsArray().Where(row => (string)row!["family"]! == "opae").OfType<JsonNode>()];
        string[] names = [.. rows.Select(row => (string)row["check"]!)];
        Assert.Contains("IOMMU", names);
        Assert.Contains("vfio-pci driver", names);
        Assert.Contains("libopae-c", names);
        Assert.Equal("Ok", (string)rows.Single(row => (string)row["check"]! == "emulated accelerator")["status"]!);
    }

    [Fact]
    public void The_socket_is_the_users_alone()
    {
        using var folder = new TempDirectory();
        using EmulatorProcess emulator = EmulatorProcess.Accelerator(folder["socket"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(emulator.Socket));
    }
}
