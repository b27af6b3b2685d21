namespace Scatterlist.Compare.Harness;

/// <summary>A data path of ours that is only looked at for what it allocates.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Run">Does so many operations; throws when one of them goes wrong.</param>
internal sealed record DataPath(string Name, Action<int> Run)
{
    // Enough that a byte an operation cannot hide behind rounding, few enough for the slowest path.
    private const int Operations = 64;

    /// <summary>Managed bytes allocated by one operation on the calling thread, once the path has run before.</summary>
    public double MeasureAllocation()
    {
        Run(Operations);
        long least = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Run(Operations);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return (double)least / Operations;
    }
}
