namespace Scatterlist.Opae;

/// <summary>What a token stands for (<c>fpga_objtype</c>).</summary>
public enum FpgaObjectType
{
    /// <summary>The FPGA itself: its management engine (FME).</summary>
    Device = 0,

    /// <summary>An accelerator function (AFU), which has registers and reaches shared buffers.</summary>
    Accelerator = 1,
}
