using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Scatterlist.Testing;

/// <summary>One boot of the guest of tests/guest, with one command in it.</summary>
public sealed partial class Guest
{
    private const string KernelVariable = "SCATTERLIST_GUEST_KERNEL";

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
    public static string Kernel => Environment.GetEnvironmentVariable(KernelVariable) is { Length: > 0 } named ? named : "6.12";

    /// <summary>Boots, runs and waits for the end.</summary>
    /// <param name="kernel">6.12, 7 or built (see tests/guest/fetch), or a directory.</param>
    /// <param name="modules">The kernel's modules that the command needs.</param>
    /// <param name="seconds">How long all of it may take.</param>
    /// <param name="command">The command and its arguments.</param>
    public static async Task<Guest> RunAsync(string kernel, string modules, int seconds, params string[] command)
    {
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "tests", "guest", "run"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string word in command)
            start.ArgumentList.Add(word);
        start.Environment[KernelVariable] = kernel;
        start.Environment["SCATTERLIST_GUEST_MODULES"] = modules;
        start.Environment["SCATTERLIST_GUEST_SECONDS"] = seconds.ToString(CultureInfo.InvariantCulture);
        using Process process = Process.Start(start)!;
        Task<string> reading = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        string error = await reading;
        string? missing = process.ExitCode == 125 && Absence().Match(error) is { Success: true } absent ? absent.Value : null;
        return new Guest(missing, output + error, process.ExitCode);
    }

    [GeneratedRegex("guest: .*(is missing|no kernel).*")]
    private static partial Regex Absence();
}
