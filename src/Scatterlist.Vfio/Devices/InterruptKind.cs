namespace Scatterlist.Vfio;

/// <summary>The interrupt indexes of a PCI device (VFIO_PCI_*_IRQ_INDEX of linux/vfio.h).</summary>
public enum InterruptKind
{
    /// <summary>The INTx line; it masks itself when it fires and is unmasked by its user.</summary>
    Intx = 0,

    /// <summary>Message-signalled interrupts.</summary>
    Msi = 1,

    /// <summary>MSI-X vectors.</summary>
    MsiX = 2,

    /// <summary>The device reports an error (AER).</summary>
    Error = 3,

    /// <summary>The owner of the device wants it back.</summary>
    Request = 4,
}
