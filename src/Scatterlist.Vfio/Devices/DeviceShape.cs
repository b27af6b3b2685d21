namespace Scatterlist.Vfio;

/// <summary>What a transport has found out about its device when it opens it.</summary>
internal readonly struct DeviceShape
{
    internal required VfioDeviceInfo Info { get; init; }

    internal required VfioRegionInfo[] Regions { get; init; }

    internal required VfioInterruptInfo[] Interrupts { get; init; }

    internal required IReadOnlyList<IoAddressRange> Ranges { get; init; }

    internal required ulong PageSizes { get; init; }

    /// <summary>Whether the transport chooses the addresses of mappings itself.</summary>
    internal bool ChoosesAddresses { get; init; }

    internal NativeHandle? Parent { get; init; }
}
