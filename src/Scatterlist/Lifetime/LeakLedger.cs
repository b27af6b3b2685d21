using System.Collections.Concurrent;
using System.Diagnostics;

namespace Scatterlist;

/// <summary>
/// A list of every live <see cref="NativeHandle"/>, for tests and for the hunt after a leak. Off by default, since each
/// entry costs a stack trace; on with <see cref="IsEnabled"/> or the environment variable
/// <c>SCATTERLIST_LEAK_LEDGER=1</c>. Thread-safe.
/// </summary>
public static class LeakLedger
{
    private static readonly ConcurrentDictionary<long, LeakRecord> Records = new();
    private static long _nextId;
    private static long _finalized;

    /// <summary>Whether handles made from now on are put on the ledger.</summary>
    public static bool IsEnabled { get; set; } =
        Environment.GetEnvironmentVariable("SCATTERLIST_LEAK_LEDGER") == "1";

    /// <summary>How many ledgered handles the finalizer released because nobody disposed them.</summary>
    public static long FinalizedCount => Interlocked.Read(ref _finalized);

    /// <summary>The live handles, oldest first.</summary>
    public static IReadOnlyList<LeakRecord> GetLive() => [.. Records.Values.OrderBy(record => record.Id)];

    internal static long Add(NativeHandle handle)
    {
        if (!IsEnabled)
            return 0;
        long id = Interlocked.Increment(ref _nextId);
        Records[id] = new LeakRecord(id, handle.GetType().Name, new StackTrace(2, fNeedFileInfo: true).ToString());
        return id;
    }

    internal static void Remove(long id)
    {
        if (id != 0)
            Records.TryRemove(id, out _);
    }

    internal static void NoteFinalized(long id)
    {
        if (id != 0 && Records.ContainsKey(id))
            Interlocked.Increment(ref _finalized);
    }
}
