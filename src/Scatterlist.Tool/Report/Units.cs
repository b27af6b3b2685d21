using System.Globalization;

namespace Scatterlist.Tool.Report;

/// <summary>Sizes, speeds and addresses as people read and write them.</summary>
internal static class Units
{
    private static readonly string[] BinaryUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>Bytes in the largest unit that keeps the number at 1 or more: <c>64 MiB</c>, <c>1.5 GiB</c>.</summary>
    internal static string Size(ulong bytes)
    {
        double number = bytes;
        int unit = 0;
        for (; number >= 1024 && unit < BinaryUnits.Length - 1; unit++)
            number /= 1024;
        string format = unit == 0 || number == Math.Floor(number) ? "0" : "0.0";
        return $"{number.ToString(format, CultureInfo.InvariantCulture)} {BinaryUnits[unit]}";
    }

    /// <summary>A speed in decimal units, as device vendors count: <c>3.21 GB/s</c>.</summary>
    internal static string Speed(double bytesPerSecond) => bytesPerSecond >= 1e9
        ? string.Create(CultureInfo.InvariantCulture, $"{bytesPerSecond / 1e9:0.00} GB/s")
        : string.Create(CultureInfo.InvariantCulture, $"{bytesPerSecond / 1e6:0.0} MB/s");

    /// <summary>
    /// Reads a size: decimal or 0x-hexadecimal, with an optional unit (K, M, G, T, KiB, MiB, ..., all binary; KB, MB,
    /// GB, TB decimal).
    /// </summary>
    internal static bool TryParseSize(string text, out ulong bytes)
    {
        bytes = 0;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        if (rest.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return ulong.TryParse(rest[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes);
        int digits = 0;
        while (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
            digits++;
        ReadOnlySpan<char> unit = rest[digits..].Trim();
        return TryFactor(unit, out ulong factor)
            && ulong.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out bytes)
            && TryMultiply(bytes, factor, out bytes);
    }

    private static bool TryMultiply(ulong number, ulong factor, out ulong product)
    {
        product = unchecked(number * factor);
        return number <= ulong.MaxValue / factor;
    }

    private static bool TryFactor(ReadOnlySpan<char> unit, out ulong factor)
    {
        factor = 1;
        if (unit.IsEmpty || unit.Equals("B", StringComparison.OrdinalIgnoreCase))
            return true;
        int power = "KMGTPE".IndexOf(char.ToUpperInvariant(unit[0]), StringComparison.Ordinal) + 1;
        ReadOnlySpan<char> tail = unit[1..];
        bool binary = tail.IsEmpty || tail.Equals("iB", StringComparison.OrdinalIgnoreCase);
        if (power == 0 || (!binary && !tail.Equals("B", StringComparison.OrdinalIgnoreCase)))
            return false;
        for (int i = 0; i < power; i++)
            factor *= binary ? 1024UL : 1000UL;
        return true;
    }
}
