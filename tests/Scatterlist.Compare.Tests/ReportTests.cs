using System.Text.Json;
using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Report;

namespace Scatterlist.Compare.Tests;

public class ReportTests
{
    private static readonly Row[] Rows =
    [
        new("faster", 50, 100, Unit.Nanoseconds, Threshold.AtMostRatio(0.55)),
        new("slower", 1.25, 1, Unit.Microseconds, Threshold.AtMostRatio(1.05)),
        new("throughput", 9, 10, Unit.GigabytesPerSecond, Threshold.AtLeastRatio(0.9)),
        new("alone", 0.25, 0.02, Unit.Milliseconds, Threshold.AtMost(0.3, Unit.Milliseconds)),
        new("nothing", 0, null, Unit.BytesPerOperation, Threshold.AtMost(0, Unit.BytesPerOperation)),
    ];

    [Fact]
    public void A_bar_is_met_or_missed_by_its_own_measure()
    {
        Assert.Equal([true, false, true, true, true], Rows.Select(row => row.IsMet));
        Assert.False((Rows[2] with { Ours = 8.9 }).IsMet);
        Assert.False((Rows[3] with { Ours = 0.31 }).IsMet);
        Assert.False((Rows[4] with { Ours = 0.01 }).IsMet);
        Assert.False((Rows[0] with { Ours = double.NaN }).IsMet);
        Row added = Rows[0] with { Bar = Threshold.AtMostMore(30, Unit.Nanoseconds), Ours = 129 };
        Assert.Equal((true, "<= 30 ns more"), (added.IsMet, added.Bar.ToString()));
        Assert.False((added with { Ours = 131 }).IsMet);
    }

    [Fact]
    public void The_table_names_the_bar_and_says_which_row_misses_it()
    {
        using var output = new StringWriter();

        TableReport.Write(output, Rows);

        string[] lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Rows.Length + 2, lines.Length);
        Assert.Equal("| name       |  ours |  peer | unit |  ratio | bar       | met |", lines[0]);
        Assert.Equal("| slower     | 1.250 | 1.000 | us   |  1.25x | <= 1.05x  | NO  |", lines[3]);
        Assert.Equal("| throughput | 9.000 | 10.00 | GB/s |  0.90x | >= 0.90x  | yes |", lines[4]);
        Assert.Equal("| nothing    |     0 |       | B/op |        | <= 0 B/op | yes |", lines[6]);
    }

    [Fact]
    public void The_json_has_one_object_a_row_with_null_for_what_is_not_there()
    {
        using var output = new StringWriter();

        JsonReport.Write(output, Rows);

        using JsonDocument report = JsonDocument.Parse(output.ToString());
        Assert.Equal(Rows.Length, report.RootElement.GetArrayLength());
        JsonElement slower = report.RootElement[1], nothing = report.RootElement[4];
        Assert.Equal(1.25, slower.GetProperty("ratio").GetDouble());
        Assert.Equal("<= 1.05x", slower.GetProperty("bar").GetString());
        Assert.False(slower.GetProperty("met").GetBoolean());
        Assert.Equal(JsonValueKind.Null, nothing.GetProperty("peer").ValueKind);
        Assert.Equal(JsonValueKind.Null, nothing.GetProperty("ratio").ValueKind);
        Assert.Contains("\"bar\": \"<= 1.05x\"", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, new double[] { 3, 1, 2 })]
    [InlineData(2.5, new double[] { 4, 1, 3, 2 })]
    [InlineData(7, new double[] { 7 })]
    public void The_median_is_the_middle(double expected, double[] values) => Assert.Equal(expected, Median.Of(values));

    [Theory]
    [InlineData(7, new double[] { 7 })]
    [InlineData(2, new double[] { 3, 1 })]
    [InlineData(2, new double[] { 900, 2, 0, 2 })]
    [InlineData(4, new double[] { 2, 2, 2, 2, 6, 6, 6, 1000 })]
    public void The_middle_half_leaves_out_a_quarter_at_each_end(double expected, double[] values) =>
        Assert.Equal(expected, MiddleHalf.MeanOf(values));

    [Fact]
    public void Throughput_counts_the_bytes_of_an_operation() =>
        Assert.Equal(2, Unit.GigabytesPerSecond.FromSeconds(0.5, 1_000_000_000));
}
