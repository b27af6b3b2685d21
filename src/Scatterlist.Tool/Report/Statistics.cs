namespace Scatterlist.Tool.Report;

/// <summary>What is said of many measurements.</summary>
internal static class Statistics
{
    /// <summary>The median; of an even number the lower of the two in the middle.</summary>
    internal static double MedianOf<T>(this IEnumerable<T> items, Func<T, double> value)
    {
        double[] sorted = [.. items.Select(value).Order()];
        return sorted[(sorted.Length - 1) / 2];
    }
}
