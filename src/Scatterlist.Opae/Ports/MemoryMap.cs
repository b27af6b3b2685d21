using System.Globalization;

namespace Scatterlist.Opae.Ports;

/// <summary>What /proc/self/maps says of memory, for messages: by the time they are read it may be otherwise.</summary>
internal static class MemoryMap
{
    /// <summary>The first thing that is wrong with memory for a device; null when nothing is.</summary>
    internal static string? Describe(Block memory, bool isReadOnly)
    {
        ulong at = (ulong)(nuint)memory.Address;
        ulong end = at + memory.Length;
        foreach ((ulong first, ulong last, string permissions) in Read())
        {
            if (last <= at)
                continue;
            if (first > at)
                break;
            char needed = isReadOnly ? 'r' : 'w';
            if (!permissions.Contains(needed, StringComparison.Ordinal))
            {
                return string.Create(CultureInfo.InvariantCulture,
                    $"0x{at:x} cannot be {(isReadOnly ? "read" : "written")} by this process ({permissions})");
            }

            at = last;
            if (at >= end)
                return null;
        }

        return string.Create(CultureInfo.InvariantCulture, $"nothing is mapped at 0x{at:x}");
    }

    internal static bool IsReadable(Block memory) => Describe(memory, isReadOnly: true) is null;

    private static IEnumerable<(ulong First, ulong Last, string Permissions)> Read()
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines("/proc/self/maps");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (string line in lines)
        {
            int dash = line.IndexOf('-', StringComparison.Ordinal);
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            if (dash > 0 && space > dash && line.Length >= space + 5
                && ulong.TryParse(line.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong first)
                && ulong.TryParse(line.AsSpan(dash + 1, space - dash - 1), NumberStyles.HexNumber,
                    CultureInfo.InvariantCulture, out ulong last))
            {
                yield return (first, last, line.Substring(space + 1, 4));
            }
        }
    }
}
