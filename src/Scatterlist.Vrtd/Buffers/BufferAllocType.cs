namespace Scatterlist.Vrtd;

/// <summary>Which memory of the card a buffer is taken from.</summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
public enum BufferAllocType : uint
{
    /// <summary>
    /// The card's DDR: 64 regions of 512 MiB from device address 0x600_0000_0000. The argument is ignored.
    /// </summary>
    Ddr = 0,

    /// <summary>One HBM region of 512 MiB; the argument is its index, 0 to 63, and no other region is tried.</summary>
    Hbm = 1,

    /// <summary>The first HBM region with room, reached through the NoC. The argument is ignored.</summary>
    HbmVnoc = 2,
}
