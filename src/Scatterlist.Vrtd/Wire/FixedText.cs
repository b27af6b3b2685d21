using System.Text;

namespace Scatterlist.Vrtd.Wire;

/// <summary>Texts in fields of fixed length, ended by a NUL; what follows the NUL means nothing.</summary>
internal static class FixedText
{
    /// <summary>The bytes before the first NUL, or the whole field when it has none.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    public static string Read(ReadOnlySpan<byte> field) => Encoding.UTF8.GetString(Trim(field));

    /// <summary>Writes a text, cut so that a NUL always follows, and clears the rest of the field.</summary>
    public static void Write(Span<byte> field, ReadOnlySpan<char> text)
    {
        field.Clear();
        if (Encoding.UTF8.TryGetBytes(text, field[..^1], out _))
            return;
        // Does not fit: keep what does, whole characters only.
        field.Clear();
        Encoding.UTF8.GetEncoder().Convert(text, field[..^1], flush: true, out _, out _, out _);
    }
}
