namespace Scatterlist.Compare.Harness;

/// <summary>
/// The mean of the middle half of the values. As a median it minds no turn that was interrupted; unlike one it does not
/// jump where the values are of two kinds, about as many of each.
/// </summary>
internal static class MiddleHalf
{
    /// <summary>The mean without the lowest and the highest quarter.</summary>
    public static double MeanOf(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0)
            throw new ArgumentException("Nothing has no mean.", nameof(values));
        int quarter = values.Count / 4;
        return values.Order().Skip(quarter).Take(values.Count - (2 * quarter)).Average();
    }
}
