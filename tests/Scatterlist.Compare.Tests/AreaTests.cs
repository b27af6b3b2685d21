using System.Text.Json;
using Scatterlist.Compare.Areas;
using Scatterlist.Testing;

namespace Scatterlist.Compare.Tests;

/// <summary>Every area starts, does all of its work once, and allocates nothing on a data path. No time is judged.</summary>
public class AreaTests
{
    // The kernel's VFIO and rxe have their devices in the guest only: elsewhere these areas say that they are missing.
    public static TheoryData<string> Areas => [.. AreaCatalog.All.Keys];

    [Theory]
    [MemberData(nameof(Areas))]
    public void Every_comparison_of_an_area_runs_and_allocates_nothing(string area)
    {
        Assert.SkipUnless(CProgram.IsCompilerPresent, "gcc is missing: the C side cannot be built");
        using var output = new StringWriter();
        using var progress = new StringWriter();

        int code = CompareProgram.Run([area, "--quick", "--json"], output, progress);

        if (area is "rxe" or "vfio" && code == CompareProgram.CannotMeasure)
            Assert.Skip(progress.ToString());
        Assert.True(code == CompareProgram.AllMet, progress.ToString());
        using JsonDocument report = JsonDocument.Parse(output.ToString());
        JsonElement[] rows = [.. report.RootElement.EnumerateArray()];
        Assert.All(rows, row => Assert.Equal(
            ["name", "ours", "peer", "unit", "ratio", "bar", "met"],
            row.EnumerateObject().Select(property => property.Name)));
        string[] names = [.. rows.Select(row => row.GetProperty("name").GetString()!)];
        Assert.Equal(names.Distinct(), names);
        // What the kernel's VFIO is measured by are objects, which are no data path.
        JsonElement[] compared = area == "vfio" ? rows : rows[..^1];
        Assert.All(compared, row => Assert.True(row.GetProperty("ours").GetDouble() > 0));
        Assert.All(compared, row => Assert.True(row.GetProperty("peer").GetDouble() > 0));
        if (area == "vfio")
            return;
        JsonElement allocation = rows[^1];
        Assert.Equal("B/op", allocation.GetProperty("unit").GetString());
        Assert.Equal(0, allocation.GetProperty("ours").GetDouble());
        Assert.True(allocation.GetProperty("met").GetBoolean());
    }

    [Fact]
    public void Only_the_rows_that_are_asked_for_are_measured()
    {
        Assert.SkipUnless(CProgram.IsCompilerPresent, "gcc is missing: the C side cannot be built");
        using var output = new StringWriter();
        using var progress = new StringWriter();

        int code = CompareProgram.Run(["hostfd", "--quick", "--only", "64 x 4 KIB, raw"], output, progress);

        Assert.True(code == CompareProgram.AllMet, progress.ToString());
        string[] rows = [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2)];
        Assert.Equal(2, rows.Length);
        Assert.Contains("| read 64 x 4 KiB, raw descriptor ", rows[0]);
        Assert.Contains("| write 64 x 4 KiB, raw descriptor ", rows[1]);
    }
}
