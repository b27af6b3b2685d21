namespace Scatterlist.Vrtd.Wire;

/// <summary>The requests of vrtd, by their number on the wire.</summary>
/// <remarks>Source: vrtd wire specification, section 3.</remarks>
public enum Opcode : ushort
{
    /// <summary>How many devices there are.</summary>
    GetNumDevices = 0,

    /// <summary>Names and identifiers of a device.</summary>
    GetDeviceInfo = 1,

    /// <summary>Place and length of a BAR.</summary>
    GetBarInfo = 2,

    /// <summary>The descriptor of a BAR.</summary>
    GetBarFd = 3,

    /// <summary>Limits of the DMA engine.</summary>
    QdmaGetInfo = 4,

    /// <summary>Adds a queue pair.</summary>
    QdmaQueuePairAdd = 5,

    /// <summary>Starts, stops or deletes a queue pair.</summary>
    QdmaQueuePairOperation = 6,

    /// <summary>The descriptor of a queue pair.</summary>
    QdmaQueuePairGetFd = 7,

    /// <summary>Loads a design.</summary>
    DesignWrite = 8,

    /// <summary>Reads or sets a clock.</summary>
    ClockOperation = 9,

    /// <summary>Allocates a buffer.</summary>
    BufferOpen = 10,

    /// <summary>Frees a buffer.</summary>
    BufferClose = 11,

    /// <summary>Finds a device by its PCI address.</summary>
    GetDeviceByBdf = 12,

    /// <summary>Removes, resets or rescans PCIe functions.</summary>
    DeviceHotplug = 13,

    /// <summary>Reads the sensors.</summary>
    GetSensorInfo = 14,

    /// <summary>Opens a buffer at any address.</summary>
    BufferOpenRaw = 15,

    /// <summary>Programs configuration memory and waits (version 2).</summary>
    CfgmemProgram = 16,

    /// <summary>Starts a job that programs configuration memory (version 2).</summary>
    CfgmemProgramStart = 17,

    /// <summary>How far such a job is (version 2).</summary>
    CfgmemProgramStatus = 18,

    /// <summary>Tells the daemon which shell a device runs (version 2).</summary>
    SetShellState = 19,
}
