namespace Scatterlist.Vfio.Tests;

/// <summary>Tests that count all of the process's descriptors run while no others do.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
