namespace Scatterlist;

/// <summary>One live handle on the <see cref="LeakLedger"/>.</summary>
/// <param name="Id">A number that grows with every handle made.</param>
/// <param name="Kind">The handle's type name.</param>
/// <param name="Origin">The stack of the code that made it.</param>
public sealed record LeakRecord(long Id, string Kind, string Origin);
