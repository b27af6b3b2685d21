namespace Scatterlist.Vrtd.Wire;

/// <summary>The requests of vrtd (wire specification, section 3).</summary>
internal enum Opcode : ushort
{
    GetNumDevices = 0,
    GetDeviceInfo = 1,
    GetBarInfo = 2,
    GetBarFd = 3,
    QdmaGetInfo = 4,
    QdmaQueuePairAdd = 5,
    QdmaQueuePairOperation = 6,
    QdmaQueuePairGetFd = 7,
    DesignWrite = 8,
    ClockOperation = 9,
    BufferOpen = 10,
    BufferClose = 11,
    GetDeviceByBdf = 12,
    DeviceHotplug = 13,
    GetSensorInfo = 14,
    BufferOpenRaw = 15,
    CfgmemProgram = 16,
    CfgmemProgramStart = 17,
    CfgmemProgramStatus = 18,
    SetShellState = 19,
}
