namespace Scatterlist.Tool.Rdma.Perf;

/// <summary>
/// What is told of many latencies, in microseconds. Every sample counts: perftest leaves its two largest out.
/// </summary>
internal readonly record struct LatencyStatistics(
    int Iterations, double Minimum, double Maximum, double Typical, double Average, double Deviation,
    double Percentile99, double Percentile999)
{
    /// <summary>Counts the intervals between stamps.</summary>
    /// <param name="stamps">The time of the begin of every exchange, in the order of time.</param>
    /// <param name="ticksPerSecond">The clock's rate.</param>
    /// <param name="ways">How many times an exchange crosses the wire and is counted: 2 where one way is wanted.</param>
    internal static LatencyStatistics Of(ReadOnlySpan<long> stamps, long ticksPerSecond, int ways)
    {
        if (stamps.Length < 2)
            return default;
        double[] times = new double[stamps.Length - 1];
        double scale = 1e6 / ticksPerSecond / ways;
        double sum = 0;
        for (int i = 0; i < times.Length; i++)
            sum += times[i] = (stamps[i + 1] - stamps[i]) * scale;
        Array.Sort(times);
        double average = sum / times.Length;
        double squares = times.Sum(time => (time - average) * (time - average));
        int middle = times.Length / 2;
        double median = times.Length % 2 == 0 ? (times[middle - 1] + times[middle]) / 2 : times[middle];
        return new LatencyStatistics(
            stamps.Length, times[0], times[^1], median, average, Math.Sqrt(squares / times.Length),
            Percentile(times, 0.99), Percentile(times, 0.999));
    }

    // The nearest rank: the least sample that the wanted part does not exceed.
    private static double Percentile(double[] sorted, double part) =>
        sorted[Math.Clamp((int)Math.Ceiling(sorted.Length * part) - 1, 0, sorted.Length - 1)];
}
