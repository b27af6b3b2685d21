namespace Scatterlist.Opae;

/// <summary>How an object is reached (<c>fpga_interface</c>).</summary>
public enum FpgaInterface
{
    /// <summary>The kernel's Device Feature List driver.</summary>
    Dfl = 0,

    /// <summary>VFIO.</summary>
    Vfio = 1,

    /// <summary>A simulation that passes for the DFL driver.</summary>
    SimulatedDfl = 2,

    /// <summary>A simulation that passes for VFIO; the soft accelerator is one.</summary>
    SimulatedVfio = 3,

    /// <summary>UIO, which has no shared buffers.</summary>
    Uio = 4,
}
