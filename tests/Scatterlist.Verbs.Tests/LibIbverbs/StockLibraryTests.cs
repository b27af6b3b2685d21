using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Scatterlist.Verbs.Tests.LibIbverbs;

/// <summary>
/// The provider over the system's own libibverbs, with a driver of the tests' under it: this very program is started
/// again with the driver, and runs <see cref="StockLibraryInside"/>.
/// </summary>
public sealed class StockLibraryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Everything_works_through_the_stock_library(bool withoutBatches)
    {
        using var nic = new FakeNic();
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Scatterlist.Verbs.Tests"))
        {
            ArgumentList = { "-class", typeof(StockLibraryInside).FullName!, "-explicit", "only", "-noColor" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        nic.Give(start);
        if (withoutBatches)
            start.Environment[FakeNic.PlainVariable] = "1";
        using Process inside = Process.Start(start)!;
        Task<string> errors = inside.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = inside.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        inside.WaitForExit();
        int expected = typeof(StockLibraryInside).GetMethods()
            .Count(method => method.GetCustomAttribute<FactAttribute>() is not null);
        Match summary = Regex.Match(output, @"Total: (\d+), Errors: 0, Failed: 0, Skipped: 0");
        Assert.True(inside.ExitCode == 0 && summary.Success && summary.Groups[1].Value == $"{expected}", output);
    }
}
