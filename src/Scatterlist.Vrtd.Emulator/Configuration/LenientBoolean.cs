namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// The forgiving boolean of <c>enable-mock-device</c>: 1, y, yes and true in any case; all else is false.
/// </summary>
internal static class LenientBoolean
{
    internal static bool Parse(string? text) => text?.Trim().ToUpperInvariant() is "1" or "Y" or "YES" or "TRUE";
}
