using System.Globalization;

namespace Scatterlist.Compare.Harness;

/// <summary>What an area's data paths allocate: one row, of the worst of them.</summary>
internal sealed class AllocationTally(string area)
{
    private readonly List<(string Path, double Bytes)> _paths = [];

    /// <summary>The row's name.</summary>
    public string RowName { get; } = $"{area}: allocated per operation, worst data path";

    /// <summary>Whether no path was looked at.</summary>
    public bool IsEmpty => _paths.Count == 0;

    /// <summary>Notes what one operation of a path allocates.</summary>
    public void Add(string path, double bytes) => _paths.Add((path, bytes));

    /// <summary>The row; the paths that allocate are named on <paramref name="progress"/>.</summary>
    public Row ToRow(TextWriter progress)
    {
        foreach ((string path, double bytes) in _paths.Where(path => path.Bytes > 0))
            progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path} allocates {bytes:0.###} B/op"));
        progress.WriteLine($"{RowName}: {_paths.Count} paths");
        double worst = _paths.Select(path => path.Bytes).DefaultIfEmpty(0).Max();
        return new Row(RowName, worst, null, Unit.BytesPerOperation, Threshold.AtMost(0, Unit.BytesPerOperation));
    }
}
