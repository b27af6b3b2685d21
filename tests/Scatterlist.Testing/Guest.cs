using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Scatterlist.Testing;

/// <summary>One boot of the guest of tests/guest, with one command in it.</summary>
public sealed partial class Guest
{
    private Guest(string? missing, string output, int exitCode)
    {
        Missing = missing;
        Output = output;
        ExitCode = exitCode;
    }

    /// <summary>Whether tests that boot a guest have the time for all that they could do in it.</summary>
    public static bool IsLong => Environment.GetEnvironmentVariable("SCATTERLIST_GUEST_LONG") is { Length: > 0 } and not "0";

    /// <summary>Why there was no guest; null when there was.</summary>
    public string? Missing { get; }

    /// <summary>What the command said, and what the guest said of itself when it failed.</summary>
    public string Output { get; }

    /// <summary>The command's exit code.</summary>
    public int ExitCode { get; }

    /// <summary>Which kernel a boot gets by default: what the environment asks for, or else 6.12.</summary>
    public static string Kernel => Environment.GetEnvironmentVariable("SCATTERLIST_GUEST_KERNEL") is { Length: > 0 } named ? named : "6.12";

    /// <summary>
    /// A built program as the guest is to run it: compiled ahead of time where that can be had. Its folder is that of an
    /// assembly, whose own program it is where no other is named.
    /// </summary>
    public static async Task<string> ProgramAsync(Assembly assembly, string? name = null)
    {
        // Not this process's path, which is dotnet's own where the tests were started by it.
        string path = assembly.Location;
        using Process process = Start(
            "compile", new Dictionary<string, string>(), [Path.GetDirectoryName(path)!]);
        Task<string> reading = process.StandardError.ReadToEndAsync();
        string folder = (await process.StandardOutput.ReadToEndAsync()).Trim();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"tests/guest/compile ended with {process.ExitCode}: {await reading}");
        return Path.Combine(folder, name ?? Path.GetFileNameWithoutExtension(path));
    }

    /// <summary>Boots, runs and waits for the end.</summary>
    /// <param name="environment">
    /// What tests/guest/run is told: KERNEL (6.12, 7 or built, see tests/guest/fetch, or a directory), MODULES that the
    /// command needs, SECONDS that all of it may take, and so on; each name without its SCATTERLIST_GUEST_.
    /// </param>
    /// <param name="command">The command and its arguments.</param>
    public static async Task<Guest> RunAsync(Dictionary<string, string> environment, params string[] command)
    {
        using Process process = Start("run", environment, command);
        Task<string> reading = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        string error = await reading;
        string? missing = process.ExitCode == 125 && Absence().Match(error) is { Success: true } absent ? absent.Value : null;
        return new Guest(missing, output + error, process.ExitCode);
    }

    private static Process Start(string script, Dictionary<string, string> environment, string[] words)
    {
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "tests", "guest", script), words)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
            start.Environment["SCATTERLIST_GUEST_" + name] = value;
        return Process.Start(start)!;
    }

    [GeneratedRegex("guest: .*(is missing|no kernel|no QEMU).*")]
    private static partial Regex Absence();
}
