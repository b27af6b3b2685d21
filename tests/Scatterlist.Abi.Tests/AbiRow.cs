namespace Scatterlist.Abi.Tests;

/// <summary>One number of ours beside the C expression that it mirrors.</summary>
/// <param name="Name">What it is, for the report.</param>
/// <param name="C">
/// The C expression. A bare macro name may be missing from old headers; anything else may only when it ends in
/// <c>@MACRO</c>, the macro that came with it.
/// </param>
/// <param name="Width">Bytes that count, or 0 for all.</param>
/// <param name="Ours">Our value. Found when the row is checked, so that a renamed member fails its own row.</param>
internal sealed record AbiRow(string Name, string C, int Width, Func<long> Ours)
{
    /// <summary>The expression alone.</summary>
    internal string Expression => C.Split('@')[0];

    /// <summary>The macro without which the headers lack it and the row is skipped by name, or null.</summary>
    internal string? Guard => C.Contains('@', StringComparison.Ordinal) ? C.Split('@')[1]
        : C.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? C
        : null;

    /// <summary>What is wrong, or null when both sides agree.</summary>
    internal string? Compare(long theirs)
    {
        long ours = Ours();
        long mask = Width is 0 or 8 ? -1 : (1L << (Width * 8)) - 1;
        return (ours & mask) == (theirs & mask)
            ? null
            : $"{Name} is {ours} (0x{ours:x}) here, but {Expression} is {theirs} (0x{theirs:x}) in C.";
    }
}
