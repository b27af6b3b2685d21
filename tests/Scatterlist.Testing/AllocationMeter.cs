namespace Scatterlist.Testing;

/// <summary>How many bytes of managed memory some code allocates on the thread that runs it.</summary>
public static class AllocationMeter
{
    /// <summary>Bytes that <paramref name="count"/> calls allocate together, after a warm-up.</summary>
    /// <remarks>
    /// The least of several series: a call that allocates does so in each of them, while what the runtime allocates on
    /// the side (for a method that it compiles anew, say) comes once.
    /// </remarks>
    /// <param name="action">What to measure. Make it outside, so that the delegate itself is not counted.</param>
    /// <param name="count">Calls in a series.</param>
    public static long Measure(Action action, int count = 100)
    {
        ArgumentNullException.ThrowIfNull(action);
        for (int i = 0; i < 50; i++)
            action();

        long least = long.MaxValue;
        for (int series = 0; series < 5 && least != 0; series++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < count; i++)
                action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    /// <summary>Fails when <paramref name="action"/> allocates anything per call.</summary>
    /// <param name="action">What to measure.</param>
    /// <param name="count">Calls in a series.</param>
    public static void AssertNone(Action action, int count = 100) => Assert.Equal(0, Measure(action, count));
}
