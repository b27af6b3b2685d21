namespace Scatterlist.Opae;

/// <summary>
/// An event handle of the C functions: made empty, filled by <see cref="OpaeC.FpgaRegisterEvent"/>. It keeps no device
/// alive.
/// </summary>
public sealed class FpgaEventHandle
{
    internal FpgaEventHandle()
    {
    }

    internal AcceleratorEvent? Event { get; set; }

    internal Accelerator? Owner { get; set; }

    internal bool IsDestroyed { get; set; }
}
