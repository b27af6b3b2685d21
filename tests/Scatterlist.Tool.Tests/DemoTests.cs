using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Scatterlist.Testing;
using Scatterlist.Vrtd;

namespace Scatterlist.Tool.Tests;

public sealed class DemoTests
{
    [Fact]
    public void A_made_file_travels_through_every_device_and_comes_back()
    {
        SglResult result = Sgl.Run("demo", "--size", "5M");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("host -> HBM -> host", result.Text, StringComparison.Ordinal);
        Assert.Contains("host -> DDR -> host", result.Text, StringComparison.Ordinal);
        Assert.Contains("host -> accelerator -> host", result.Text, StringComparison.Ordinal);
        Assert.Contains("loop-back by the accelerator", result.Text, StringComparison.Ordinal);
        Assert.Contains("SyncToDevice", result.Text, StringComparison.Ordinal);
        Assert.Contains("by RDMA on one host", result.Text, StringComparison.Ordinal);
        Assert.Contains("by RDMA over UDP", result.Text, StringComparison.Ordinal);
        Assert.Contains("CopyTo peer -> its NIC's memory", result.Text, StringComparison.Ordinal);
        Assert.Contains("VERIFIED", result.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", result.Text, StringComparison.Ordinal);
        string[] hashes = [.. result.Text.Split('\n').Where(line => line.Contains("SHA-256", StringComparison.Ordinal))
            .Select(line => line.Trim().Split(' ')[^1])];
        Assert.Equal(6, hashes.Length);
        Assert.Single(hashes.Distinct());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4097)]
    [InlineData((64 << 20) + 3)]
    public void The_users_file_is_what_travels(int length)
    {
        using var folder = new TempDirectory();
        string file = Path.Combine(folder.Path, "a file");
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        File.WriteAllBytes(file, bytes);

        SglResult result = Sgl.Run("demo", file, "--json");

        Assert.True(result.ExitCode == 0, result.ToString());
        JsonNode json = result.Json;
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.True((bool)json["verified"]!);
        Assert.True((bool)json["embedded"]!);
        Assert.Equal(hash, (string)json["sha256"]!);
        Assert.Equal(5, json["legs"]!.AsArray().Count);
        Assert.All(json["legs"]!.AsArray(), leg =>
        {
            Assert.Equal(hash, (string)leg!["sha256"]!);
            Assert.NotEmpty(leg["steps"]!.AsArray());
            Assert.All(leg["steps"]!.AsArray(), step => Assert.Equal((ulong)length, (ulong)step!["bytes"]!));
        });
        Assert.Equal(bytes, File.ReadAllBytes(file));
    }

    [Fact]
    public void Memory_that_does_not_keep_its_bytes_is_found_out()
    {
        using var folder = new TempDirectory();
        using var emulator = new EmulatorProcess(folder["socket"]);
        using Session session = Session.Connect(emulator.Socket);
        using DeviceBuffer raw = session.GetDevice(0).OpenRawBuffer(new DeviceAddress(0x40_0000_0000), 4096);
        using var stop = new CancellationTokenSource();

        // A neighbour scribbles, all the time, where the demo's buffer will be: on a thread of its own, since a busy pool
        // might start it late. On a busy machine it may still miss the moment between the syncs, and has another run.
        var neighbour = new Thread(() =>
        {
            byte[] junk = new byte[4096];
            while (!stop.IsCancellationRequested)
            {
                Random.Shared.NextBytes(junk);
                raw.Write(0, junk);
            }
        });
        neighbour.Start();
        SglResult result = null!;
        try
        {
            Eventually.True(
                () => (result = Sgl.Run("demo", "--size", "64M", "--socket", emulator.Socket)).ExitCode != 0,
                () => result.ToString());
        }
        finally
        {
            stop.Cancel();
            neighbour.Join();
        }

        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.Contains("DIFFERENT", result.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("VERIFIED", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_demo_whose_second_process_is_killed_ends_with_the_reason()
    {
        using Process demo = Sgl.Start("demo", "--size", "40M");
        Process? peer = null;
        Eventually.True(
            () => demo.HasExited || (peer = Process.GetProcessesByName("dotnet").FirstOrDefault(IsPeerOf(demo))) is not null,
            () => "the demo starts no second process", TimeSpan.FromMinutes(2));
        peer?.Kill();
        SglResult result = Sgl.Finish(demo, [], "demo");

        Assert.NotNull(peer);
        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Contains("sgl: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("VERIFIED", result.Text, StringComparison.Ordinal);
    }

    private static Func<Process, bool> IsPeerOf(Process demo) => process =>
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/cmdline").Contains("demo-peer", StringComparison.Ordinal)
                && File.ReadAllText($"/proc/{process.Id}/status").Contains($"PPid:\t{demo.Id}\n", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // it has just ended
        }
    };

    [Fact]
    public void Another_daemon_can_be_used()
    {
        using var folder = new TempDirectory();
        using var emulator = new EmulatorProcess(Path.Combine(folder.Path, "s"), "--profile", "v2");

        SglResult result = Sgl.Run("demo", "--size", "1M", "--socket", emulator.Socket, "--json");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.False((bool)result.Json["embedded"]!);
    }

    [Fact]
    public void What_cannot_be_sent_is_said_so()
    {
        using var folder = new TempDirectory();
        string empty = Path.Combine(folder.Path, "empty");
        File.WriteAllBytes(empty, []);

        SglResult missing = Sgl.Run("demo", Path.Combine(folder.Path, "missing"));
        SglResult nothing = Sgl.Run("demo", empty);
        SglResult directory = Sgl.Run("demo", folder.Path);
        SglResult both = Sgl.Run("demo", empty, "--size", "1M");

        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("missing", missing.Error, StringComparison.Ordinal);
        Assert.Equal(2, nothing.ExitCode);
        Assert.Equal(2, both.ExitCode);
        Assert.Equal(2, directory.ExitCode);
        Assert.Contains("regular file", directory.Error, StringComparison.Ordinal);
    }
}
