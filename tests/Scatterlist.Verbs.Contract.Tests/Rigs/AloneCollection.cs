namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>Tests that watch something of the whole process: descriptors, handles, allocations.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
