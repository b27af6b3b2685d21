using System.Globalization;

namespace Scatterlist.Verbs;

/// <summary>Reads the text forms: fields between commas, in their order, nothing else. No text makes it throw.</summary>
internal ref struct TextFields(ReadOnlySpan<char> text)
{
    private ReadOnlySpan<char> _rest = text.Trim();
    private bool _afterField;

    internal readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>The words <paramref name="literal"/> themselves.</summary>
    internal bool TryTake(string literal)
    {
        if (!TrySkipComma() || !_rest.StartsWith(literal, StringComparison.Ordinal))
            return false;
        _rest = _rest[literal.Length..];
        return true;
    }

    /// <summary>One field without a name.</summary>
    internal bool TryTake(out ReadOnlySpan<char> value)
    {
        value = default;
        if (!TrySkipComma())
            return false;
        int end = _rest.IndexOf(',');
        value = end < 0 ? _rest : _rest[..end];
        _rest = _rest[value.Length..];
        return !value.IsEmpty;
    }

    /// <summary><c>name=value</c>.</summary>
    internal bool TryTake(string name, out ReadOnlySpan<char> value)
    {
        if (!TryTake(out value) || value.Length <= name.Length || value[name.Length] != '='
            || !value.StartsWith(name, StringComparison.Ordinal))
        {
            return false;
        }

        value = value[(name.Length + 1)..];
        return true;
    }

    /// <summary><c>name=number</c>, decimal or hexadecimal with 0x, at most <paramref name="max"/>.</summary>
    internal bool TryTake(string name, ulong max, out ulong value)
    {
        value = 0;
        if (!TryTake(name, out ReadOnlySpan<char> digits))
            return false;
        bool parsed = digits.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        return parsed && value <= max;
    }

    private bool TrySkipComma()
    {
        if (!_afterField)
        {
            _afterField = true;
            return true;
        }

        if (_rest.IsEmpty || _rest[0] != ',')
            return false;
        _rest = _rest[1..];
        return true;
    }
}
