using System.Globalization;

namespace Scatterlist.Tool.Rdma.Exchange;

/// <summary>Hexadecimal numbers of peers, who may send anything.</summary>
internal static class HexField
{
    /// <summary>Reads a number of plain digits.</summary>
    /// <exception cref="FormatException">It has other characters or is above <paramref name="most"/>.</exception>
    internal static ulong Parse(string text, ulong most) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
        && value <= most
            ? value
            : throw new FormatException();

    /// <summary>A peer's words for an error message: short, and harmless on a terminal.</summary>
    internal static string Quote(string text)
    {
        const int Most = 60;
        string clean = string.Concat(text.TrimEnd('\0').Select(letter => letter is >= ' ' and <= '~' ? letter : '.'));
        return clean.Length > Most ? $"'{clean[..Most]}...'" : $"'{clean}'";
    }
}
