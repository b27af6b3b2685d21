namespace Scatterlist.Opae;

/// <summary>What an event tells of (<c>fpga_event_type</c>).</summary>
public enum FpgaEventType
{
    /// <summary>An interrupt of the accelerator, by its vector.</summary>
    Interrupt = 0,

    /// <summary>An error that the FPGA's management reports.</summary>
    Error = 1,

    /// <summary>A temperature or power threshold that was crossed.</summary>
    PowerThermal = 2,
}
