using System.Globalization;
using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare.Report;

/// <summary>Rows as a table for people, which Markdown shows as it is.</summary>
internal static class TableReport
{
    private static readonly string[] Headings = ["name", "ours", "peer", "unit", "ratio", "bar", "met"];

    public static void Write(TextWriter output, IEnumerable<Row> rows)
    {
        List<string[]> lines = [Headings, .. rows.Select(Cells)];
        int[] widths = [.. Headings.Select((_, column) => lines.Max(line => line[column].Length))];
        for (int i = 0; i < lines.Count; i++)
        {
            output.WriteLine(Join(lines[i].Select((cell, column) => IsNumber(column)
                ? cell.PadLeft(widths[column])
                : cell.PadRight(widths[column]))));
            if (i == 0)
                output.WriteLine(Join(widths.Select((width, column) => IsNumber(column)
                    ? new string('-', width - 1) + ":"
                    : new string('-', width))));
        }
    }

    private static bool IsNumber(int column) => column is 1 or 2 or 4;

    private static string Join(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";

    private static string[] Cells(Row row) =>
    [
        row.Name,
        Figure(row.Ours),
        row.Peer is { } peer ? Figure(peer) : "",
        row.Unit.Sign(),
        row.Ratio is { } ratio ? ratio.ToString("0.00'x'", CultureInfo.InvariantCulture) : "",
        row.Bar.ToString(),
        row.IsMet ? "yes" : "NO",
    ];

    // Three or four figures are as many as such measurements have.
    private static string Figure(double value) => value.ToString(
        Math.Abs(value) switch { 0 => "0", < 10 => "0.000", < 100 => "0.00", < 1000 => "0.0", _ => "0" },
        CultureInfo.InvariantCulture);
}
