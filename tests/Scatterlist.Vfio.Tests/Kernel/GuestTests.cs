using System.Text.RegularExpressions;

namespace Scatterlist.Vfio.Tests.Kernel;

/// <summary>The edu tests in a guest of our own, where this machine can start one.</summary>
[Collection(nameof(Alone))]
public sealed partial class GuestTests
{
    /// <summary>By group and container, and, where the kernel has it, by device node and iommufd too.</summary>
    [Theory]
    [InlineData("6.12", 13)]
    [InlineData("built", 25)]
    public async Task The_kernels_VFIO_does_what_we_say_it_does(string kernel, int expected)
    {
        if (Edu.Address.Length != 0)
            Assert.Skip("guest: this is the guest");

        // Under the limit on locked memory there is one more test to see, and without the right to pass it.
        const string Commands = """
            "$0" -class '*EduTests' -noColor || exit
            ulimit -l 8192
            setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock "$0" -method '*locked_memory*' -noColor
            """;
        string program = await Guest.ProgramAsync(typeof(GuestTests).Assembly);
        Guest guest = await Guest.RunAsync(new() { ["KERNEL"] = kernel }, "bash", "-c", Commands, program);
        if (guest.Missing is { } missing)
            Assert.Skip(missing);
        string output = guest.Output;
        Assert.True(guest.ExitCode == 0, output);
        MatchCollection totals = Totals().Matches(output);
        Assert.Equal(2, totals.Count);
        int ran = totals.Sum(match => int.Parse(match.Groups[1].Value, null) - int.Parse(match.Groups[2].Value, null));
        Assert.True(ran >= expected, output);
    }

    [GeneratedRegex("Total: ([0-9]+), Errors: 0, Failed: 0, Skipped: ([0-9]+)")]
    private static partial Regex Totals();
}
