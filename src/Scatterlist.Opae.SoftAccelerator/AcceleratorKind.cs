namespace Scatterlist.Opae.SoftAccelerator;

/// <summary>Which accelerator a soft accelerator is.</summary>
public enum AcceleratorKind
{
    /// <summary>The host exerciser in loop-back (HE-LB), which <c>host_exerciser lpbk</c> drives.</summary>
    HostExerciserLoopback,

    /// <summary>The host exerciser with memory of its own (HE-MEM): the same registers under another GUID.</summary>
    HostExerciserMemory,

    /// <summary>The native loop-back adapter (NLB0), which <c>hello_fpga</c> drives.</summary>
    NativeLoopback,
}
