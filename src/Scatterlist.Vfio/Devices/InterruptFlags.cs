namespace Scatterlist.Vfio;

/// <summary>What an interrupt index can do (VFIO_IRQ_INFO_* of linux/vfio.h).</summary>
[Flags]
public enum InterruptFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It signals event descriptors.</summary>
    EventFd = 1,

    /// <summary>It can be masked and unmasked.</summary>
    Maskable = 2,

    /// <summary>It masks itself when it fires.</summary>
    AutoMasked = 4,

    /// <summary>All vectors are set up at once; more cannot be added while some are in use.</summary>
    NoResize = 8,
}
