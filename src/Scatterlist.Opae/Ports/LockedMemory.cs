using System.Globalization;

namespace Scatterlist.Opae.Ports;

/// <summary>How much memory this process has locked, and how much it may.</summary>
internal static class LockedMemory
{
    private const int CapIpcLock = 14;

    internal static string Describe(nuint wanted)
    {
        ulong locked = (Status("VmLck:") ?? 0) + (Status("VmPin:") ?? 0);
        string limit = HasCapability() ? "without limit (CAP_IPC_LOCK)" : Limit() is { } bytes
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes} allowed")
            : "without limit";
        return string.Create(
            CultureInfo.InvariantCulture, $"{wanted} bytes more to lock, {locked} locked already, {limit}");
    }

    /// <summary>The soft limit in bytes; null for none.</summary>
    internal static ulong? Limit()
    {
        foreach (string line in Lines("/proc/self/limits"))
        {
            if (!line.StartsWith("Max locked memory", StringComparison.Ordinal))
                continue;
            string[] words = line["Max locked memory".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return words.Length > 0 && ulong.TryParse(words[0], CultureInfo.InvariantCulture, out ulong bytes)
                ? bytes
                : null;
        }

        return null;
    }

    // Of the calling thread: it is the one that asks the kernel to lock.
    internal static bool HasCapability()
    {
        foreach (string line in Lines("/proc/thread-self/status"))
        {
            if (line.StartsWith("CapEff:", StringComparison.Ordinal)
                && ulong.TryParse(line["CapEff:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture,
                    out ulong set))
            {
                return (set >> CapIpcLock & 1) != 0;
            }
        }

        return false;
    }

    private static ulong? Status(string name)
    {
        foreach (string line in Lines("/proc/self/status"))
        {
            if (line.StartsWith(name, StringComparison.Ordinal)
                && ulong.TryParse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(),
                    CultureInfo.InvariantCulture, out ulong kib))
            {
                return kib * 1024;
            }
        }

        return null;
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
