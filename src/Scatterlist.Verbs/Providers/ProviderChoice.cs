namespace Scatterlist.Verbs;

/// <summary>Which provider is used, and why: for people who wonder.</summary>
/// <param name="Name">The provider: <c>libibverbs</c>, <c>softroce</c>.</param>
/// <param name="Reason">Why it was chosen, as a sentence.</param>
public sealed record ProviderChoice(string Name, string Reason);
