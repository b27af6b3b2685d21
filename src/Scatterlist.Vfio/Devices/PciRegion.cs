namespace Scatterlist.Vfio;

/// <summary>The region indexes of a PCI device (VFIO_PCI_*_REGION_INDEX of linux/vfio.h).</summary>
public static class PciRegion
{
    /// <summary>BAR 0; the others follow up to <see cref="Bar5"/>.</summary>
    public const int Bar0 = 0;

    /// <summary>BAR 5.</summary>
    public const int Bar5 = 5;

    /// <summary>The expansion ROM.</summary>
    public const int Rom = 6;

    /// <summary>The configuration space.</summary>
    public const int Config = 7;

    /// <summary>The VGA ranges.</summary>
    public const int Vga = 8;

    /// <summary>How many there are.</summary>
    public const int Count = 9;
}
