namespace Scatterlist.Verbs.SoftRoce.Tests.SameHost;

/// <summary>Tests that count the process's mappings and descriptors run by themselves.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SameHostCollection
{
    internal const string Name = "same host";
}
