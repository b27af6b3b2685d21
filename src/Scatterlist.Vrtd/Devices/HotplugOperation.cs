namespace Scatterlist.Vrtd;

/// <summary>What a hotplug request does to the card's PCIe functions.</summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
public enum HotplugOperation : byte
{
    /// <summary>Rescans the bus. The function is ignored.</summary>
    Rescan = 0,

    /// <summary>Removes a function from the bus.</summary>
    Remove = 1,

    /// <summary>Resets the secondary bus of the bridge above the function.</summary>
    ToggleSecondaryBusReset = 2,

    /// <summary>Removes the function, resets the bus and rescans.</summary>
    Hotplug = 3,

    /// <summary>
    /// Boots the card anew: selects a boot partition, removes, resets and rescans. Every buffer on it vanishes.
    /// </summary>
    ResetSequence = 4,
}
