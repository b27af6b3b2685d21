namespace Scatterlist.Opae;

/// <summary>Whether somebody has an accelerator open (<c>fpga_accelerator_state</c>).</summary>
public enum AcceleratorState
{
    /// <summary>Somebody has it open.</summary>
    Assigned = 0,

    /// <summary>It is free.</summary>
    Unassigned = 1,
}
