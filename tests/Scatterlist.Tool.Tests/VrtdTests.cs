using System.Text.Json.Nodes;
using Scatterlist.Testing;

namespace Scatterlist.Tool.Tests;

public sealed class VrtdTests
{
    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public void Cards_are_listed_described_and_measured(string profile)
    {
        using var folder = new TempDirectory();
        using var emulator = new EmulatorProcess(folder["socket"], "--devices", "2", "--profile", profile);
        SglResult Run(params string[] arguments) => Sgl.Run(["vrtd", .. arguments, "--socket", emulator.Socket]);

        SglResult list = Run("list");
        JsonArray cards = Run("list", "--json").Json.AsArray();
        string bdf = (string)cards[1]!["bdf"]!;
        SglResult info = Run("info", "-d", bdf);
        JsonNode described = Run("info", "-d", "1", "--json").Json[0]!;
        SglResult sensors = Run("sensors", "-d", "0");
        JsonNode measured = Run("sensors", "--json").Json;

        Assert.True(list.ExitCode == 0, list.ToString());
        Assert.Equal(2, list.Text.Split('\n').Count(line => line.StartsWith("Board ", StringComparison.Ordinal)));
        Assert.Contains("(VRTD: OK", list.Text, StringComparison.Ordinal);
        Assert.Equal(2, cards.Count);
        Assert.True(info.ExitCode == 0, info.ToString());
        Assert.Contains(bdf, info.Text, StringComparison.Ordinal);
        Assert.Contains("MHz", info.Text, StringComparison.Ordinal);
        Assert.Equal(bdf, (string)described["bdf"]!);
        Assert.Equal(6, described["bars"]!.AsArray().Count);
        Assert.Equal(profile == "v2", described["shell"] is not null);
        Assert.True(sensors.ExitCode == 0, sensors.ToString());
        Assert.Contains("emulated", sensors.Text, StringComparison.Ordinal);
        Assert.Equal(2, measured.AsArray().Count);
        Assert.Contains(measured[0]!["sensors"]!.AsArray(), sensor => (string)sensor!["unit"]! == "W");
    }

    [Fact]
    public void Validation_tests_every_region_and_frees_what_it_used()
    {
        using var folder = new TempDirectory();
        using var emulator = new EmulatorProcess(folder["socket"]);

        SglResult text = Sgl.Run("vrtd", "validate", "--size", "64K", "-s", emulator.Socket);
        SglResult json = Sgl.Run("vrtd", "validate", "--size", "64K", "-j", "4", "--json", "-s", emulator.Socket);

        Assert.True(text.ExitCode == 0, text.ToString());
        Assert.Contains("HBM  integrity: PASSED (64 of 64 regions tested)", text.Text, StringComparison.Ordinal);
        Assert.Contains("DDR  integrity: PASSED (8 of 8 regions tested)", text.Text, StringComparison.Ordinal);
        Assert.Contains("Write:", text.Text, StringComparison.Ordinal);
        JsonArray regions = json.Json[0]!["regions"]!.AsArray();
        Assert.Equal(72, regions.Count);
        Assert.All(regions, region => Assert.Equal("Sound", (string)region!["outcome"]!));
        Assert.Equal(72, regions.Select(region => (string)region!["name"]!).Distinct().Count());
    }

    [Fact]
    public void Validation_goes_on_past_regions_that_others_use()
    {
        using var folder = new TempDirectory();
        using var emulator = new EmulatorProcess(
            folder["socket"], "--fault", "Busy@BUFFER_OPEN,skip=3,count=2");

        SglResult result = Sgl.Run("vrtd", "validate", "--size", "64K", "-j", "1", "-s", emulator.Socket);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("62 of 64 regions tested", result.Text, StringComparison.Ordinal);
        Assert.Contains("skipped", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_daemon_that_goes_away_in_the_middle_ends_the_validation_with_one_complaint()
    {
        using var folder = new TempDirectory();
        using var emulator = new EmulatorProcess(folder["socket"], "--fault", "Disconnect@BUFFER_OPEN,skip=3");

        SglResult result = Sgl.Run("vrtd", "validate", "--size", "64K", "-j", "4", "-s", emulator.Socket);

        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Matches("^sgl: [^\n]*closed the connection[^\n]*\n$", result.Error);
    }

    [Theory]
    [InlineData("AuthError", 4)]
    [InlineData("Busy", 1)]
    public void A_validation_that_could_test_nothing_is_no_success(string refusal, int exitCode)
    {
        using var folder = new TempDirectory();
        using var emulator = new EmulatorProcess(folder["socket"], "--fault", $"{refusal}@BUFFER_OPEN,count=all");

        SglResult result = Sgl.Run("vrtd", "validate", "--size", "64K", "-s", emulator.Socket);

        Assert.True(result.ExitCode == exitCode, result.ToString());
        Assert.DoesNotContain("PASSED", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_daemon_that_hangs_keeps_nobody()
    {
        using var folder = new TempDirectory();
        using var emulator = new EmulatorProcess(folder["socket"], "--fault", "DropReply,count=all", "--trace");
        using System.Diagnostics.Process copy = Sgl.Start(
            "cp", "vrtd:0@0x4000000000+1", folder["out"], "-s", emulator.Socket);
        Assert.Contains("client", emulator.ReadTrace(), StringComparison.Ordinal);

        Sgl.Signal(copy, 2);
        JsonArray checks = Sgl.Run("doctor", "--json", "-s", emulator.Socket).Json.AsArray();

        Assert.True(copy.WaitForExit(TimeSpan.FromSeconds(60)), "the copy does not end");
        Assert.Equal(130, copy.ExitCode);
        Assert.Equal(
            "Broken", (string)checks.Single(check => (string)check!["check"]! == "vrtd daemon")!["status"]!);
    }

    [Fact]
    public void A_card_that_is_not_there_is_said_so()
    {
        using var folder = new TempDirectory();
        using var emulator = new EmulatorProcess(folder["socket"]);

        SglResult number = Sgl.Run("vrtd", "info", "-d", "5", "-s", emulator.Socket);
        SglResult bdf = Sgl.Run("vrtd", "sensors", "-d", "0000:99:00", "-s", emulator.Socket);

        Assert.Equal(4, number.ExitCode);
        Assert.Equal(4, bdf.ExitCode);
        Assert.StartsWith("sgl:", bdf.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_daemon_without_a_card_is_listed_and_fails_what_needs_one()
    {
        using var folder = new TempDirectory();
        using var emulator = new EmulatorProcess(folder["socket"], "--devices", "0");

        SglResult list = Sgl.Run("vrtd", "list", "--json", "-s", emulator.Socket);
        SglResult validate = Sgl.Run("vrtd", "validate", "-s", emulator.Socket);

        Assert.Equal(0, list.ExitCode);
        Assert.Empty(list.Json.AsArray());
        Assert.True(validate.ExitCode == 4, validate.ToString());
        Assert.Contains("sgl doctor", validate.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(15)]
    public void The_emulator_ends_cleanly_on_a_signal(int signal)
    {
        using var folder = new TempDirectory();
        using var emulator = new EmulatorProcess(folder["socket"]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(emulator.Socket));

        int exitCode = emulator.Stop(signal);

        Assert.Equal(0, exitCode);
        Assert.False(File.Exists(emulator.Socket));
    }

    [Fact]
    public void The_emulator_does_not_take_a_live_socket_away()
    {
        using var folder = new TempDirectory();
        using var emulator = new EmulatorProcess(folder["socket"]);

        SglResult second = Sgl.Run("vrtd", "emulate", "--socket", emulator.Socket);

        Assert.True(second.ExitCode is 1 or 4, second.ToString());
        Assert.Equal(0, Sgl.Run("vrtd", "list", "-s", emulator.Socket).ExitCode);
    }

    [Fact]
    public void Rights_come_from_a_configuration_that_a_signal_reloads()
    {
        using var folder = new TempDirectory();
        string query = "[role:r]\nquery-devices = yes\n[role:r:any]\nbuffer = no\n[user:*]\nrole = r\n";
        File.WriteAllText(folder["vrtd.conf"], query);
        using var emulator = new EmulatorProcess(folder["socket"], "--config", folder["vrtd.conf"]);

        SglResult before = Sgl.Run("demo", "--size", "4K", "--socket", emulator.Socket);
        File.WriteAllText(folder["vrtd.conf"], query.Replace("buffer = no", "buffer = yes", StringComparison.Ordinal));
        using (var hangUp = System.Diagnostics.Process.Start("kill", ["-1", $"{emulator.Id}"]))
            hangUp.WaitForExit();
        SglResult after = before;
        Eventually.True(
            () => (after = Sgl.Run("demo", "--size", "4K", "--socket", emulator.Socket)).ExitCode == 0,
            () => after.ToString());

        Assert.Equal(4, before.ExitCode);
        Assert.Contains("buffer", before.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--mode", "0999")]
    [InlineData("--devices", "-1")]
    [InlineData("--queue-pairs", "0")]
    [InlineData("--fault", "nonsense")]
    [InlineData("--profile", "v9")]
    public void A_bad_option_of_the_emulator_is_a_usage_error(string option, string value)
    {
        using var folder = new TempDirectory();

        SglResult result = Sgl.Run("vrtd", "emulate", "--socket", folder["socket"], option, value);

        Assert.True(result.ExitCode == 2, result.ToString());
        Assert.False(File.Exists(folder["socket"]));
    }
}
