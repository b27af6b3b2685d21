namespace Scatterlist.Compare.Harness;

internal static class Median
{
    /// <summary>The middle value, or the mean of the middle two.</summary>
    public static double Of(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0)
            throw new ArgumentException("Nothing has no median.", nameof(values));
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
