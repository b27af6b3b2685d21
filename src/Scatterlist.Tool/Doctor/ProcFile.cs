using System.Globalization;

namespace Scatterlist.Tool.Doctor;

/// <summary>Reads small files of /proc and /sys, which may be missing or closed in containers.</summary>
internal static class ProcFile
{
    internal static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static ulong? ReadNumber(string path) =>
        ulong.TryParse(Read(path), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;

    /// <summary>A soft limit of this process from /proc/self/limits; null when unlimited or unknown.</summary>
    internal static ulong? SoftLimit(string name)
    {
        string? line = Read("/proc/self/limits")?.Split('\n')
            .FirstOrDefault(text => text.StartsWith(name, StringComparison.Ordinal));
        string? soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return ulong.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out ulong limit) ? limit : null;
    }

    /// <summary>Whether this process has a capability (capabilities(7)) in its effective set.</summary>
    internal static bool HasCapability(int number)
    {
        const string Label = "CapEff:";
        string? line = Read("/proc/self/status")?.Split('\n')
            .FirstOrDefault(text => text.StartsWith(Label, StringComparison.Ordinal));
        return line is not null
            && ulong.TryParse(line[Label.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture,
                out ulong set)
            && (set >> number & 1) != 0;
    }

    /// <summary>The user that this process acts as (its effective user id).</summary>
    internal static string UserId()
    {
        const string Label = "Uid:";
        string? line = Read("/proc/self/status")?.Split('\n')
            .FirstOrDefault(text => text.StartsWith(Label, StringComparison.Ordinal));
        string[] fields = line?.Split('\t', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return fields.Length > 2 ? fields[2] : "0";
    }
}
