namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// Shell patterns over files, as glob(3): <c>*</c>, <c>?</c> and <c>[sets]</c> in every component, names that start
/// with a dot only when the pattern does, results in order.
/// </summary>
internal static class Glob
{
    /// <summary>
    /// The files that an absolute pattern names. No match is no error; an unreadable directory is told.
    /// </summary>
    internal static IReadOnlyList<string> Expand(string pattern, Action<string> warn)
    {
        List<string> found = ["/"];
        string[] components = pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (string component in components)
        {
            var next = new List<string>();
            foreach (string directory in found)
            {
                if (!IsPattern(component))
                    next.Add(Path.Combine(directory, component));
                else
                    next.AddRange(Matching(directory, component, warn));
            }

            found = next;
        }

        return [.. found.Where(File.Exists)];
    }

    /// <summary>Whether a whole name matches a pattern.</summary>
    internal static bool Matches(ReadOnlySpan<char> name, ReadOnlySpan<char> pattern)
    {
        if (name is ['.', ..] && pattern is not ['.', ..])
            return false;
        // Greedy with one point to come back to: linear in practice, never exponential.
        int n = 0, p = 0, starAt = -1, resume = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
                (starAt, resume) = (p++, n);
            else if (p < pattern.Length && MatchesOne(name[n], pattern[p..], out int used))
                (n, p) = (n + 1, p + used);
            else if (starAt >= 0)
                (p, n) = (starAt + 1, ++resume);
            else
                return false;
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }

    private static bool IsPattern(string component) => component.AsSpan().IndexOfAny("*?[") >= 0;

    private static List<string> Matching(string directory, string pattern, Action<string> warn)
    {
        try
        {
            var names = Directory.EnumerateFileSystemEntries(directory)
                .Where(path => Matches(Path.GetFileName(path.AsSpan()), pattern)).ToList();
            names.Sort(StringComparer.Ordinal);
            return names;
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            warn($"cannot read the directory {directory}: {problem.Message}");
            return [];
        }
    }

    private static bool MatchesOne(char c, ReadOnlySpan<char> pattern, out int used)
    {
        used = 1;
        if (pattern[0] == '?')
            return true;
        int close = pattern[0] == '[' && pattern.Length > 2 ? pattern[2..].IndexOf(']') : -1;
        if (close < 0)
            return pattern[0] == c;

        ReadOnlySpan<char> set = pattern[1..(close + 2)];
        used = close + 3;
        bool negated = set[0] is '!' or '^';
        if (negated)
            set = set[1..];
        bool found = false;
        for (int i = 0; i < set.Length; i++)
        {
            bool isRange = i + 2 < set.Length && set[i + 1] == '-';
            found |= isRange ? c >= set[i] && c <= set[i + 2] : c == set[i];
            i += isRange ? 2 : 0;
        }

        return found != negated;
    }
}
