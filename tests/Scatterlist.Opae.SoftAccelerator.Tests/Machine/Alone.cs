namespace Scatterlist.Opae.SoftAccelerator.Tests.Machine;

/// <summary>Tests of this machine's devices and limits run one at a time.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
