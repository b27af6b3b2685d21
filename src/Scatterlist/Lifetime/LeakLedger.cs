using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Scatterlist;

/// <summary>
/// A list of every live <see cref="NativeHandle"/>, for tests and for the hunt after a leak. Off by default, since each
/// entry costs a stack trace; on with <see cref="IsEnabled"/> or the environment variable
/// <c>SCATTERLIST_LEAK_LEDGER=1</c>. Thread-safe.
/// </summary>
public static class LeakLedger
{
    private static readonly ConcurrentDictionary<long, (string Kind, StackTrace Origin)> Records = new();
    private static long _nextId;
    private static long _finalized;

    /// <summary>Whether handles made from now on are put on the ledger.</summary>
    public static bool IsEnabled { get; set; } =
        Environment.GetEnvironmentVariable("SCATTERLIST_LEAK_LEDGER") == "1";

    /// <summary>How many ledgered handles the finalizer released because nobody disposed them.</summary>
    public static long FinalizedCount => Interlocked.Read(ref _finalized);

    // Sorting the dictionary itself would ask it for its count and its entries one after the other.
    /// <summary>The live handles, oldest first.</summary>
    public static IReadOnlyList<LeakRecord> GetLive() =>
    [
        .. Records.ToArray().OrderBy(entry => entry.Key)
            .Select(entry => new LeakRecord(entry.Key, entry.Value.Kind, entry.Value.Origin.ToString())),
    ];

    // Leaves out only its own frame: the constructors in between may be inlined, so they cannot be counted.
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static long Add(NativeHandle handle)
    {
        if (!IsEnabled)
            return 0;
        long id = Interlocked.Increment(ref _nextId);
        Records[id] = (handle.GetType().Name, new StackTrace(1, fNeedFileInfo: true)); // a text when asked for
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
