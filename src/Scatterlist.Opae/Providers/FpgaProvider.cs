namespace Scatterlist.Opae;

/// <summary>
/// A way to find and reach accelerators: VFIO, a vfio-user socket, libopae-c, a soft accelerator. Thread-safe.
/// </summary>
public abstract class FpgaProvider
{
    private protected FpgaProvider()
    {
    }

    /// <summary>The way's name: <c>vfio</c>, <c>vfio-user</c>, <c>libopae-c</c>, <c>soft</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Lists the objects that are like one of the filters.</summary>
    /// <param name="filters">
    /// Filters are alternatives; within one, everything that is set must be so. None at all lists every object.
    /// </param>
    /// <exception cref="FpgaException">The way itself failed; having nothing to list is no failure.</exception>
    public IReadOnlyList<Token> Enumerate(params ReadOnlySpan<FpgaProperties> filters)
    {
        foreach (FpgaProperties filter in filters)
            ArgumentNullException.ThrowIfNull(filter, nameof(filters));
        List<Token> found = [];
        foreach (Token token in GetTokens())
        {
            if (Matches(token, filters))
                found.Add(token);
        }

        return found;
    }

    /// <summary>Every object there is.</summary>
    internal abstract IEnumerable<Token> GetTokens();

    private static bool Matches(Token token, ReadOnlySpan<FpgaProperties> filters)
    {
        foreach (FpgaProperties filter in filters)
        {
            if (filter.Matches(token.Properties))
                return true;
        }

        return filters.IsEmpty;
    }
}
