using System.Text.RegularExpressions;
using Scatterlist.Verbs.Contract.Tests.Media;

namespace Scatterlist.Verbs.Contract.Tests.Kernel;

/// <summary>
/// This suite in a guest, where the kernel has an RDMA device: rxe by libibverbs, and rxe as the peer of the soft NIC. A
/// test here is a class there; each of its tests that failed is told by its name.
/// </summary>
public sealed partial class KernelTests(KernelRuns runs) : IClassFixture<KernelRuns>
{
    public static TheoryData<string, string> Classes()
    {
        var rows = new TheoryData<string, string>();
        IEnumerable<Type> classes = typeof(KernelTests).Assembly.GetTypes()
            .Where(type => type != typeof(KernelTests) && type.Name.EndsWith("Tests", StringComparison.Ordinal));
        foreach (string leg in MediumList.DeviceName is null ? KernelRuns.Legs : [])
        {
            foreach (string name in classes.Select(type => type.Name))
            {
                if (KernelRuns.Has(leg, name))
                    rows.Add(leg, name);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Classes))]
    public void The_suite_passes_over_the_kernels_device(string leg, string tests)
    {
        if (runs.Missing is { } missing)
            Assert.Skip(missing);
        Match run = Regex.Match(
            runs.Output, $@"^leg {Regex.Escape(leg)}\n(?<said>(.*\n)*?)end {Regex.Escape(leg)} \d+$", RegexOptions.Multiline);
        Assert.True(run.Success, $"{leg} had no end: {Last(runs.Output)}");
        string said = run.Groups["said"].Value;
        Assert.True(Summary().IsMatch(said), $"{leg} had no result: {Last(said)}");
        string name = $@"^ +\S*\.{tests}\.\S.*";

        // A failure and what follows it, up to the next test's line.
        string[] failures =
            [.. Regex.Matches(said, $@"{name}\[FAIL\](\n(?! +Scatterlist\.).*)*", RegexOptions.Multiline).Select(match => match.Value)];
        Assert.True(failures.Length == 0, $"{leg}: {failures.Length} failed:\n{string.Join('\n', failures)}");
        int finished = Regex.Count(said, $@"{name}\[FINISHED\]", RegexOptions.Multiline);
        int skipped = Regex.Count(said, $@"{name}\[SKIP\]", RegexOptions.Multiline);
        Assert.SkipWhen(finished == 0, $"{tests} has nothing for two processes.");
        Assert.SkipWhen(finished == skipped, $"All of its {skipped} tests were skipped.");
    }

    private static string Last(string text) => text.Length < 4000 ? text : text[^4000..];

    [GeneratedRegex("Total: [0-9]+, Errors: 0,")]
    private static partial Regex Summary();
}
