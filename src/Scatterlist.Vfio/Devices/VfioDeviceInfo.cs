namespace Scatterlist.Vfio;

/// <summary>What a device is.</summary>
/// <param name="IsPci">Whether its regions and interrupts are those of a PCI device.</param>
/// <param name="IsResetSupported">Whether <see cref="IVfioDevice.Reset"/> resets it.</param>
/// <param name="RegionCount">Regions, the empty ones included.</param>
/// <param name="InterruptCount">Interrupt indexes, the empty ones included.</param>
public readonly record struct VfioDeviceInfo(
    bool IsPci, bool IsResetSupported, int RegionCount, int InterruptCount);
