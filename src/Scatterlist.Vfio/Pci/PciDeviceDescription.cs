namespace Scatterlist.Vfio;

/// <summary>What a modelled PCI device says about itself in its config space. Immutable.</summary>
public sealed record PciDeviceDescription
{
    /// <summary>The vendor.</summary>
    public required ushort VendorId { get; init; }

    /// <summary>The vendor's device.</summary>
    public required ushort DeviceId { get; init; }

    /// <summary>The board's vendor.</summary>
    public ushort SubsystemVendorId { get; init; }

    /// <summary>The board.</summary>
    public ushort SubsystemId { get; init; }

    /// <summary>The revision.</summary>
    public byte RevisionId { get; init; }

    /// <summary>Class, subclass and interface, 24 bits. Default: a processing accelerator, 12 00 00.</summary>
    public uint ClassCode { get; init; } = 0x120000;

    /// <summary>The BARs. The MSI-X tables get one of their own, <see cref="MsiXBar"/>.</summary>
    public IReadOnlyList<PciBar> Bars { get; init; } = [];

    /// <summary>MSI-X vectors, 0 to 2048.</summary>
    public int MsiXVectors { get; init; }

    /// <summary>The BAR that holds the MSI-X table and pending bits, and nothing else.</summary>
    public int MsiXBar { get; init; } = 4;

    /// <summary>MSI vectors: 0 or a power of two up to 32.</summary>
    public int MsiVectors { get; init; }

    /// <summary>Whether the device has an INTx line.</summary>
    public bool HasIntx { get; init; }

    /// <summary>Whether it is PCI Express: 4096 bytes of config space instead of 256, and function-level reset.</summary>
    public bool IsExpress { get; init; } = true;
}
