using System.Globalization;

namespace Scatterlist.Testing;

/// <summary>
/// The open descriptors of this process, before and after something. Tests that run in parallel open descriptors too:
/// either watch only descriptors with a target of one's own (a memfd's name, a temporary path), or keep the test class
/// out of parallel runs.
/// </summary>
public sealed class FdCounter
{
    private readonly string? _targetContains;
    private readonly IReadOnlyDictionary<int, string> _before;

    private FdCounter(string? targetContains)
    {
        _targetContains = targetContains;
        _before = GetOpen(targetContains);
    }

    /// <summary>Remembers what is open now.</summary>
    /// <param name="targetContains">Watches only descriptors whose link target contains this; null for all.</param>
    public static FdCounter Start(string? targetContains = null) => new(targetContains);

    /// <summary>How many descriptors are open now.</summary>
    /// <param name="targetContains">Counts only descriptors whose link target contains this; null for all.</param>
    public static int Count(string? targetContains = null) => GetOpen(targetContains).Count;

    /// <summary>The open descriptors and what they refer to, as /proc/self/fd shows it.</summary>
    /// <param name="targetContains">Only those whose link target contains this; null for all.</param>
    public static IReadOnlyDictionary<int, string> GetOpen(string? targetContains = null)
    {
        var open = new SortedDictionary<int, string>();
        foreach (string entry in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            // The directory's own descriptor, and whatever closes meanwhile, has no target any more. Assemblies are opened
            // by the runtime when their code is needed, their symbols when a stack is written down, and both stay open.
            string? target = TryReadLink(entry);
            if (target is null || target.EndsWith("/fd", StringComparison.Ordinal)
                || target.EndsWith(".dll", StringComparison.Ordinal)
                || target.EndsWith(".pdb", StringComparison.Ordinal))
            {
                continue;
            }

            if (targetContains is null || target.Contains(targetContains, StringComparison.Ordinal))
                open[int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture)] = target;
        }

        return open;
    }

    /// <summary>Fails unless, within a bounded time, everything opened since the start is closed again.</summary>
    public void AssertNothingNew() => Eventually.True(
        () => GetNew().Count == 0,
        () => "Descriptors stay open: " + string.Join(", ", GetNew().Select(pair => $"{pair.Key} -> {pair.Value}")));

    /// <summary>What is open now and was not at the start.</summary>
    public IReadOnlyList<KeyValuePair<int, string>> GetNew() =>
    [
        .. GetOpen(_targetContains).Where(pair => !_before.TryGetValue(pair.Key, out string? old) || old != pair.Value),
    ];

    private static string? TryReadLink(string entry)
    {
        try
        {
            return new FileInfo(entry).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
