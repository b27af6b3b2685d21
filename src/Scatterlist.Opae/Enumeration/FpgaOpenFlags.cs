namespace Scatterlist.Opae;

/// <summary>How an accelerator is opened (<c>fpga_open_flags</c>).</summary>
[Flags]
public enum FpgaOpenFlags
{
    /// <summary>For the caller alone: a second open is refused as <see cref="FpgaResult.Busy"/>.</summary>
    Exclusive = 0,

    /// <summary>
    /// Together with other openers that also say so, where the device allows it. VFIO does not: one opener at a time.
    /// </summary>
    Shared = 1,
}
