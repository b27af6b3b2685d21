using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Scatterlist.Vfio.Tests.Kernel;

/// <summary>The edu tests in a guest of our own, where this machine can start one.</summary>
[Collection(nameof(Alone))]
public sealed partial class GuestTests
{
    // Not this process's path, which is dotnet's own where the tests were started by it.
    private static readonly string Program = Path.ChangeExtension(typeof(GuestTests).Assembly.Location, null);

    /// <summary>By group and container, and, where the kernel has it, by device node and iommufd too.</summary>
    [Theory]
    [InlineData("6.12", 13)]
    [InlineData("built", 25)]
    public async Task The_kernels_VFIO_does_what_we_say_it_does(string kernel, int expected)
    {
        string run = Path.Combine(Repository.Root, "tests", "guest", "run");
        // Under the limit on locked memory there is one more test to see, and without the right to pass it.
        const string Commands = """
            "$0" -class '*EduTests' -noColor || exit
            ulimit -l 8192
            setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock "$0" -method '*locked_memory*' -noColor
            """;
        var start = new ProcessStartInfo(run)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "bash", "-c", Commands, Program },
            Environment = { ["SCATTERLIST_GUEST_KERNEL"] = kernel },
        };
        if (Edu.Address.Length != 0)
            Assert.Skip("guest: this is the guest");
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        if (process.ExitCode == 125 && (await errors) is var error
            && (error.Contains("is missing", StringComparison.Ordinal)
                || error.Contains("no kernel", StringComparison.Ordinal)))
        {
            Assert.Skip(error.Trim());
        }

        Assert.True(process.ExitCode == 0, output + await errors);
        MatchCollection totals = Totals().Matches(output);
        Assert.Equal(2, totals.Count);
        int ran = totals.Sum(match => int.Parse(match.Groups[1].Value, null) - int.Parse(match.Groups[2].Value, null));
        Assert.True(ran >= expected, output);
    }

    [GeneratedRegex("Total: ([0-9]+), Errors: 0, Failed: 0, Skipped: ([0-9]+)")]
    private static partial Regex Totals();
}
