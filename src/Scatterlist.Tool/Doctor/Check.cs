namespace Scatterlist.Tool.Doctor;

/// <summary>One thing looked at.</summary>
/// <param name="Family">Whose need it is: memory, hostfd, vrtd.</param>
/// <param name="Name">What was looked at.</param>
/// <param name="Status">How it came out.</param>
/// <param name="Found">What is there.</param>
/// <param name="Remedy">What to do, with the exact command; null where nothing needs doing.</param>
internal sealed record Check(string Family, string Name, CheckStatus Status, string Found, string? Remedy = null)
{
    /// <summary>What an exception found; its text ends with its remedy, which a check has apart.</summary>
    internal static Check Failed(string family, string name, CheckStatus status, ScatterlistException exception)
    {
        string text = exception.Message;
        if (exception.Remedy is { Length: > 0 } remedy && text.EndsWith(remedy, StringComparison.Ordinal))
            text = text[..^remedy.Length].TrimEnd();
        return new Check(family, name, status, text, exception.Remedy);
    }
}
