namespace Scatterlist.Testing;

/// <summary>
/// Turns the leak ledger on, and at its end fails when native handles made inside are still alive. The ledger is the
/// process's: where tests run in parallel, name the kinds, or a text of the stack that made them (the test's name).
/// </summary>
public sealed class LeakScope : IDisposable
{
    private readonly long _start;
    private readonly string? _originContains;
    private readonly string[] _kinds;

    /// <summary>Starts watching.</summary>
    /// <param name="originContains">Only handles made by code whose stack contains this text; null for all.</param>
    /// <param name="kinds">Only handles of these type names; none for all.</param>
    public LeakScope(string? originContains = null, params string[] kinds)
    {
        _originContains = originContains;
        _kinds = kinds;
        LeakLedger.IsEnabled = true; // never switched off again: another test may be inside a scope of its own
        _start = LeakLedger.GetLive().Select(record => record.Id).DefaultIfEmpty(0).Max();
    }

    /// <summary>The handles made since the start that are still alive.</summary>
    public IReadOnlyList<LeakRecord> GetLive() =>
    [
        .. LeakLedger.GetLive().Where(record => record.Id > _start
            && (_kinds.Length == 0 || _kinds.Contains(record.Kind))
            && (_originContains is null || record.Origin.Contains(_originContains, StringComparison.Ordinal))),
    ];

    /// <summary>Fails unless, within a bounded time, every handle made since the start is released.</summary>
    public void AssertNothingLeft() => Eventually.True(
        () => GetLive().Count == 0,
        () => "Handles stay alive:\n"
            + string.Join("\n", GetLive().Select(record => $"{record.Kind} made\n{record.Origin}")));

    /// <summary>Fails unless everything made since the start is released.</summary>
    public void Dispose() => AssertNothingLeft();
}
