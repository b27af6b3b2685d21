namespace Scatterlist.Testing;

/// <summary>This process's memory mappings, as /proc/self/maps shows them.</summary>
public static class Mappings
{
    /// <summary>How many mappings have a line that contains <paramref name="text"/>, as a memfd's name.</summary>
    public static int Count(string text) =>
        File.ReadLines("/proc/self/maps").Count(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>Whether some mapping holds <paramref name="address"/>.</summary>
    public static bool Contains(nint address)
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            ReadOnlySpan<char> range = line.AsSpan(0, line.IndexOf(' '));
            int dash = range.IndexOf('-');
            nuint start = nuint.Parse(range[..dash], System.Globalization.NumberStyles.HexNumber, null);
            nuint end = nuint.Parse(range[(dash + 1)..], System.Globalization.NumberStyles.HexNumber, null);
            if ((nuint)address >= start && (nuint)address < end)
                return true;
        }

        return false;
    }
}
