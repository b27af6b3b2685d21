using System.Globalization;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// PCI addresses as vrtd writes them: at board level, <c>DDDD:BB:DD</c>, without the function
/// (vrtd wire specification §5 and §10).
/// </summary>
internal static class PciAddress
{
    internal const int MaxFunction = 7;

    /// <summary>Everything before the function: the text itself when it has none.</summary>
    internal static string WithoutFunction(string bdf)
    {
        int dot = bdf.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? bdf : bdf[..dot];
    }

    /// <summary>The address of one function of the board; null when there is no board or no such function.</summary>
    internal static string? WithFunction(string bdf, int function)
    {
        string board = WithoutFunction(bdf);
        return board.Length == 0 || function is < 0 or > MaxFunction
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{board}.{function}");
    }

    /// <summary>What GET_DEVICE_BY_BDF compares: no function, and domain 0000 when the text names none.</summary>
    internal static string ToBoardLevel(string bdf)
    {
        string board = WithoutFunction(bdf);
        return board.AsSpan().Count(':') == 1 ? "0000:" + board : board;
    }

    /// <summary>
    /// Reads <c>[DDDD:]BB:DD[.F]</c>, all digits hexadecimal, into board level in lower case; false for other shapes.
    /// </summary>
    internal static bool TryParse(string text, out string board)
    {
        board = "";
        string candidate = ToBoardLevel(text);
        if (text.Length > candidate.Length || text.Contains('.', StringComparison.Ordinal))
        {
            string function = text[(text.IndexOf('.', StringComparison.Ordinal) + 1)..];
            if (function.Length != 1 || function[0] is < '0' or > '7')
                return false;
        }

        if (candidate.Length != 10 || candidate[4] != ':' || candidate[7] != ':')
            return false;
        for (int i = 0; i < candidate.Length; i++)
        {
            if (i is not (4 or 7) && !char.IsAsciiHexDigit(candidate[i]))
                return false;
        }

        board = candidate.ToLowerInvariant();
        return true;
    }
}
