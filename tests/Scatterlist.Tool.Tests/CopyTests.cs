using System.Diagnostics;
using Scatterlist.Testing;

namespace Scatterlist.Tool.Tests;

public sealed class CopyTests : IDisposable
{
    private const string Hbm = "vrtd:0@0x4000000000";

    private readonly TempDirectory _folder = new();
    private readonly EmulatorProcess _emulator;

    public CopyTests()
    {
        _emulator = new EmulatorProcess(PathOf("socket"));
    }

    public void Dispose()
    {
        _emulator.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_file_goes_to_the_device_and_comes_back_the_same()
    {
        byte[] bytes = RandomBytes(3_000_001);
        File.WriteAllBytes(PathOf("in"), bytes);

        SglResult to = Copy(PathOf("in"), Hbm, "--verify");
        SglResult back = Copy($"{Hbm}+{bytes.Length}", PathOf("out"), "--verify");

        Assert.True(to.ExitCode == 0, to.ToString());
        Assert.Contains("verified", to.Error, StringComparison.Ordinal);
        Assert.True(back.ExitCode == 0, back.ToString());
        Assert.Equal(bytes, File.ReadAllBytes(PathOf("out")));
    }

    [Fact]
    public void Standard_input_and_output_are_ends_like_others()
    {
        byte[] bytes = RandomBytes(700_000);

        SglResult to = Sgl.Run(bytes, "cp", "-", $"vrtd:{Bdf()}@0x60000000000", "-V", "-s", _emulator.Socket);
        SglResult back = Copy($"vrtd:0@0x60000000000+{bytes.Length}", "-");

        Assert.True(to.ExitCode == 0, to.ToString());
        Assert.True(back.ExitCode == 0, back.ToString());
        Assert.Equal(bytes, back.Bytes);
    }

    [Fact]
    public void One_place_of_the_device_is_copied_to_another()
    {
        byte[] bytes = RandomBytes(100_000);
        File.WriteAllBytes(PathOf("in"), bytes);

        Assert.Equal(0, Copy(PathOf("in"), Hbm).ExitCode);
        Assert.Equal(0, Copy($"{Hbm}+{bytes.Length}", "vrtd:0@0x60000001000", "-V").ExitCode);
        Assert.Equal(bytes, Copy($"vrtd:0@0x60000001000+{bytes.Length}", "-").Bytes);
    }

    [Fact]
    public void A_part_is_copied_with_length()
    {
        byte[] bytes = RandomBytes(100_000);
        File.WriteAllBytes(PathOf("in"), bytes);

        SglResult result = Copy(PathOf("in"), PathOf("out"), "--length", "0x1000", "--json");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(4096ul, (ulong)result.Json["bytes"]!);
        Assert.Equal(bytes[..4096], File.ReadAllBytes(PathOf("out")));
    }

    [Fact]
    public void A_shorter_file_replaces_a_longer_one_whole()
    {
        File.WriteAllBytes(PathOf("in"), RandomBytes(10));
        File.WriteAllBytes(PathOf("out"), RandomBytes(5000));

        Assert.Equal(0, Copy(PathOf("in"), PathOf("out"), "-V").ExitCode);

        Assert.Equal(File.ReadAllBytes(PathOf("in")), File.ReadAllBytes(PathOf("out")));
    }

    [Fact]
    public void A_file_copied_onto_itself_is_refused_and_keeps_its_bytes()
    {
        byte[] bytes = RandomBytes(9000);
        File.WriteAllBytes(PathOf("in"), bytes);
        File.CreateSymbolicLink(PathOf("link"), PathOf("in"));

        SglResult result = Copy(PathOf("in"), PathOf("link"));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("same file", result.Error, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(PathOf("in")));
    }

    [Theory]
    [InlineData("vrtd:0@", 2)]
    [InlineData("vrtd:0@0x4000000000", 2)] // as a source: how much?
    [InlineData("vrtd:7@0x4000000000+10", 4)]
    [InlineData("vrtd:0@0x47ffffffff+2", 2)] // one byte past the end of HBM
    [InlineData("vrtd:0@0xffffffffffffffff+1", 2)]
    [InlineData("missing-file", 1)]
    [InlineData("/", 1)]
    public void A_bad_source_is_refused_with_its_exit_code(string source, int exitCode)
    {
        SglResult result = Copy(source, PathOf("out"));

        Assert.True(exitCode == result.ExitCode, result.ToString());
        Assert.StartsWith("sgl:", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_verification_of_what_cannot_be_read_back_is_refused_beforehand()
    {
        File.WriteAllBytes(PathOf("in"), RandomBytes(10));

        SglResult result = Copy(PathOf("in"), "-", "--verify");

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Bytes);
        Assert.Equal("sgl: standard output cannot be read back, so the copy cannot be verified.\n", result.Error);
    }

    [Fact]
    public void A_file_too_long_for_the_memory_is_refused_before_a_byte_moves()
    {
        using (FileStream sparse = File.Create(PathOf("sparse")))
            sparse.SetLength((32L << 30) + 1);

        SglResult result = Copy(PathOf("sparse"), Hbm);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("past the end", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_daemon_the_remedy_is_named()
    {
        SglResult result = Sgl.Run("cp", $"{Hbm}+1", "-", "--socket", PathOf("nobody"));

        Assert.Equal(4, result.ExitCode);
        Assert.Contains("sgl vrtd emulate", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 130)]
    [InlineData(15, 143)]
    public void A_signal_ends_a_copy_that_waits_for_its_input(int signal, int exitCode)
    {
        using Process process = Sgl.Start("cp", "-", PathOf("out"), "-s", _emulator.Socket);
        process.StandardInput.BaseStream.Write(RandomBytes(1 << 20));
        process.StandardInput.BaseStream.Flush();
        Eventually.True(() => File.Exists(PathOf("out")), "the copy does not start");

        Sgl.Signal(process, signal);

        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)), "the copy does not end");
        Assert.Equal(exitCode, process.ExitCode);
        Assert.Contains("interrupted", process.StandardError.ReadToEnd(), StringComparison.Ordinal);
    }

    private SglResult Copy(string source, string destination, params string[] more) =>
        Sgl.Run(["cp", source, destination, "--socket", _emulator.Socket, .. more]);

    private string Bdf() => (string)Sgl.Run("vrtd", "list", "--json", "-s", _emulator.Socket).Json[0]!["bdf"]!;

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private static byte[] RandomBytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
