namespace Scatterlist.Vrtd.Emulator;

/// <summary>What a connection may do with one device, as a set (vrtd wire specification §10).</summary>
[Flags]
public enum DevicePermissions
{
    /// <summary>Nothing beyond queries.</summary>
    None = 0,

    /// <summary><c>bar-access = full</c>: map BARs.</summary>
    BarAccess = 1 << 0,

    /// <summary><c>qdma</c>: add, start, stop and delete queue pairs.</summary>
    Qdma = 1 << 1,

    /// <summary><c>buffer</c>: open and close buffers.</summary>
    Buffer = 1 << 2,

    /// <summary><c>design-write</c>: load a design.</summary>
    DesignWrite = 1 << 3,

    /// <summary><c>clock</c>: read and set clocks.</summary>
    Clock = 1 << 4,

    /// <summary><c>pcie-hotplug</c>: remove, reset and rescan; set the shell state.</summary>
    PcieHotplug = 1 << 5,

    /// <summary><c>raw-mem-access</c>: open buffers at any address.</summary>
    RawMemoryAccess = 1 << 6,

    /// <summary><c>cfgmem-program</c> (version 2): program configuration memory.</summary>
    CfgmemProgram = 1 << 7,

    /// <summary>Everything.</summary>
    All = (1 << 8) - 1,
}
