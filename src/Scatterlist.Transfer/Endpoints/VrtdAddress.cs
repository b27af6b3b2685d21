using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Scatterlist.Transfer;

/// <summary>
/// A place in a V80's memory as users write it: <c>vrtd:DEV@PHYS[+LENGTH]</c>. DEV is the device's number or its BDF
/// (<c>03:00</c>, <c>0000:03:00</c>); PHYS and LENGTH are bytes, decimal or with <c>0x</c> in hexadecimal.
/// </summary>
/// <param name="Device">The device's number, or its BDF.</param>
/// <param name="Address">The physical device address.</param>
/// <param name="Length">Bytes, or null when the other end of the copy tells.</param>
public sealed record VrtdAddress(string Device, DeviceAddress Address, ulong? Length)
{
    /// <summary>What every such address begins with.</summary>
    public const string Prefix = "vrtd:";

    /// <summary>The device's number, or null when <see cref="Device"/> is a BDF.</summary>
    public int? DeviceNumber =>
        int.TryParse(Device, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>Whether a text is meant as such an address, right or wrong. A file of that name is <c>./vrtd:...</c>.</summary>
    public static bool IsMeant(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(Prefix, StringComparison.Ordinal);
    }

    /// <summary>Reads an address.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="address">The address.</param>
    /// <param name="error">What is wrong with the text.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out VrtdAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        error = $"'{text}' is not of the form vrtd:DEV@PHYS[+LENGTH], for example vrtd:0@0x4000000000+0x100000";
        if (!IsMeant(text))
            return false;
        int at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
            return false;
        string device = text[Prefix.Length..at];
        if (!IsDevice(device))
        {
            error = $"'{device}' in '{text}' is neither a device number nor a BDF such as 0000:03:00";
            return false;
        }

        string[] range = text[(at + 1)..].Split('+');
        if (range.Length > 2 || !TryParseNumber(range[0], out ulong start))
            return false;
        ulong? length = null;
        if (range.Length == 2)
        {
            if (!TryParseNumber(range[1], out ulong bytes))
                return false;
            if (bytes == 0 || bytes > ulong.MaxValue - start)
            {
                error = $"the length in '{text}' is 0 or reaches past the end of the address space";
                return false;
            }

            length = bytes;
        }

        address = new VrtdAddress(device, new DeviceAddress(start), length);
        error = null;
        return true;
    }

    /// <summary>The address as users write it.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Prefix}{Device}@{Address}{(Length is { } bytes ? $"+0x{bytes:x}" : "")}");

    private static bool IsDevice(string text) => text.Length is > 0 and <= 16
        && (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            || (text.Contains(':', StringComparison.Ordinal)
                && text.All(letter => char.IsAsciiHexDigit(letter) || letter is ':' or '.')));

    private static bool TryParseNumber(string text, out ulong number) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
