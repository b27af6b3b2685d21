using System.Text.Json.Nodes;
using Scatterlist.Testing;

namespace Scatterlist.Tool.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--help")]
    [InlineData("cp", "--help")]
    [InlineData("demo", "--help")]
    [InlineData("vrtd", "emulate", "--help")]
    public void Help_tells_what_there_is(params string[] arguments)
    {
        SglResult result = Sgl.Run(arguments);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Usage:", result.Text, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("cp")]
    [InlineData("cp", "onlyone")]
    [InlineData("cp", "a", "b", "--depth", "many")]
    [InlineData("cp", "a", "b", "--depth", "1000")]
    [InlineData("cp", "a", "b", "--chunk", "1")]
    [InlineData("cp", "a", "b", "--length", "12 parsecs")]
    [InlineData("vrtd", "validate", "--size", "1G")]
    [InlineData("completion", "powershell")]
    public void A_wrong_command_line_is_a_usage_error(params string[] arguments)
    {
        SglResult result = Sgl.Run(arguments);

        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.NotEmpty(result.Error);
        Assert.Empty(result.Text);
    }

    [Theory]
    [InlineData("cp", "a", "--verfy")]
    [InlineData("demo", "--sise")]
    [InlineData("hostfd", "probe", "--jsn")]
    public void A_mistyped_option_is_not_taken_for_a_file(params string[] arguments)
    {
        SglResult result = Sgl.Run(arguments);

        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.Contains("no option", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(arguments[^1]));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("completion bash")]
    [InlineData("doctor --json")]
    public void An_output_that_takes_nothing_is_a_failure_and_no_crash(string arguments)
    {
        string dll = Path.Combine(AppContext.BaseDirectory, "sgl.dll");
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "sh", ["-c", $"exec dotnet '{dll}' {arguments} > /dev/full"])
        {
            RedirectStandardError = true,
        })!;

        Assert.Matches("^sgl: [^\n]*No space left[^\n]*\n$", shell.StandardError.ReadToEnd());
        shell.WaitForExit();
        Assert.Equal(1, shell.ExitCode);
    }

    [Fact]
    public void The_version_is_told()
    {
        SglResult result = Sgl.Run("--version");

        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", result.Text);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _sgl sgl")]
    [InlineData("zsh", "compdef _sgl sgl")]
    [InlineData("fish", "complete -c sgl")]
    public void Shells_are_given_a_script(string shell, string line)
    {
        SglResult result = Sgl.Run("completion", shell);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains(line, result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_words_that_the_scripts_ask_for_are_suggested()
    {
        Assert.Equal(
            ["emulate", "info", "list", "sensors", "validate"],
            Sgl.Run("[suggest:9]", "sgl vrtd ").Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(word => char.IsAsciiLetter(word[0])).Order());
    }

    [Fact]
    public void The_RDMA_commands_and_their_words_are_suggested()
    {
        string commands = Sgl.Run("[suggest:4]", "sgl ").Text;
        string verbs = Sgl.Run("[suggest:14]", "sgl bw --verb ").Text;

        foreach (string command in new[] { "devinfo", "gids", "pingpong", "bw", "lat" })
            Assert.Contains($"{command}\n", commands, StringComparison.Ordinal);
        Assert.DoesNotContain("demo-peer", commands, StringComparison.Ordinal);
        foreach (string verb in new[] { "write", "read", "send", "atomic" })
            Assert.Contains($"{verb}\n", verbs, StringComparison.Ordinal);
    }

    [Fact]
    public void The_bash_script_completes_in_bash()
    {
        using var folder = new TempDirectory();
        string dll = Path.Combine(AppContext.BaseDirectory, "sgl.dll");
        File.WriteAllText(folder["run"], $$"""
            sgl() { dotnet '{{dll}}' "$@"; }
            source <(sgl completion bash)
            COMP_LINE='sgl vrtd se' COMP_POINT=11 COMP_WORDS=(sgl vrtd se) COMP_CWORD=2
            _sgl
            printf '%s\n' "${COMPREPLY[@]}"
            """);
        using var bash = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", folder["run"])
        {
            RedirectStandardOutput = true,
        })!;

        Assert.Equal("sensors\n", bash.StandardOutput.ReadToEnd());
    }

    [Fact]
    public void The_doctor_looks_at_every_family()
    {
        using var folder = new TempDirectory();

        SglResult text = Sgl.Run("doctor", "--socket", folder["nobody"]);
        JsonArray checks = Sgl.Run("doctor", "--json", "--socket", folder["nobody"]).Json.AsArray();

        Assert.True(text.ExitCode == 0, text.ToString());
        Assert.Contains("sgl vrtd emulate", text.Text, StringComparison.Ordinal);
        Assert.Equal(
            ["hostfd", "memory", "opae", "verbs", "vrtd"],
            checks.Select(check => (string)check!["family"]!).Distinct().Order());
        Assert.Equal("Absent", Status(checks, "vrtd daemon"));
        Assert.Equal("Ok", Status(checks, "emulated V80"));
        Assert.Equal("Ok", Status(checks, "shareable memory (memfd)"));
        Assert.Equal("Ok", Status(checks, "soft NIC"));
        Assert.Equal("Ok", Status(checks, "provider"));
        Assert.Contains(checks, check => (string)check!["check"]! == "UDP port 4791");
        Assert.DoesNotContain(checks, check => (string)check!["status"]! == "Broken");
        Assert.All(
            checks.Where(check => (string)check!["status"]! == "Limited"), check => Assert.NotNull(check!["remedy"]));
    }

    [Fact]
    public void The_doctor_finds_a_daemon()
    {
        using var folder = new TempDirectory();
        using var emulator = new EmulatorProcess(folder["socket"]);

        JsonArray checks = Sgl.Run("doctor", "--json", "--socket", emulator.Socket).Json.AsArray();

        Assert.Equal("Ok", Status(checks, "vrtd daemon"));
    }

    [Fact]
    public void A_probe_tells_what_a_file_takes_and_changes_nothing()
    {
        using var folder = new TempDirectory();
        byte[] bytes = [1, 2, 3];
        File.WriteAllBytes(folder["file"], bytes);
        DateTime written = File.GetLastWriteTimeUtc(folder["file"]);

        SglResult text = Sgl.Run("hostfd", "probe", folder["file"]);
        JsonNode json = Sgl.Run("hostfd", "probe", folder["file"], "--json").Json;
        SglResult directory = Sgl.Run("hostfd", "probe", folder.Path);
        SglResult missing = Sgl.Run("hostfd", "probe", folder["missing"]);

        Assert.True(text.ExitCode == 0, text.ToString());
        Assert.Contains("RWF_DONTCACHE", text.Text, StringComparison.Ordinal);
        Assert.Contains("RWF_DSYNC", json["writeFlags"]!.AsArray().Select(flag => (string)flag!));
        Assert.Equal(1024, (int)json["maxBlocksPerCall"]!);
        Assert.True(directory.ExitCode == 0, directory.ToString());
        Assert.Equal(1, missing.ExitCode);
        Assert.Equal(bytes, File.ReadAllBytes(folder["file"]));
        Assert.Equal(written, File.GetLastWriteTimeUtc(folder["file"]));
        Assert.Equal(["file"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    private static string Status(JsonArray checks, string name) =>
        (string)checks.Single(check => (string)check!["check"]! == name)!["status"]!;
}
