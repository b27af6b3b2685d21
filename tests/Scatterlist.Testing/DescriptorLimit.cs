namespace Scatterlist.Testing;

/// <summary>Takes away the process's free descriptors (RLIMIT_NOFILE of getrlimit(2)).</summary>
public static class DescriptorLimit
{
    private const int NoFile = 7;

    /// <summary>
    /// Runs something while the process can open nothing more; what is open stays open. The limit is the whole
    /// process's: only for tests that nothing runs beside.
    /// </summary>
    /// <param name="action">What to run.</param>
    /// <param name="limit">The limit: 2, since 0 and 1 are taken. Below 2, poll(2) of two descriptors fails too.</param>
    public static void WithoutDescriptors(Action action, int limit = 2)
    {
        ArgumentNullException.ThrowIfNull(action);
        Span<ulong> limits = stackalloc ulong[2];
        NativeMethods.ThrowIf(NativeMethods.GetRLimit(NoFile, limits) != 0, "getrlimit");
        ulong soft = limits[0];
        limits[0] = (ulong)limit;
        NativeMethods.ThrowIf(NativeMethods.SetRLimit(NoFile, limits) != 0, "setrlimit");
        try
        {
            action();
        }
        finally
        {
            limits[0] = soft;
            NativeMethods.ThrowIf(NativeMethods.SetRLimit(NoFile, limits) != 0, "setrlimit");
        }
    }
}
