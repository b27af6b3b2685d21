namespace Scatterlist.Vfio.Interop;

/// <summary>The requests and flags of linux/vfio.h and linux/iommufd.h.</summary>
internal static class VfioIoctl
{
    internal const uint GetApiVersion = 0x3b64;
    internal const uint CheckExtension = 0x3b65;
    internal const uint SetIommu = 0x3b66;
    internal const uint GroupGetStatus = 0x3b67;
    internal const uint GroupSetContainer = 0x3b68;
    internal const uint GroupUnsetContainer = 0x3b69;
    internal const uint GroupGetDevice = 0x3b6a;
    internal const uint DeviceGetInfo = 0x3b6b;
    internal const uint DeviceGetRegionInfo = 0x3b6c;
    internal const uint DeviceGetIrqInfo = 0x3b6d;
    internal const uint DeviceSetIrqs = 0x3b6e;
    internal const uint DeviceReset = 0x3b6f;
    internal const uint IommuGetInfo = 0x3b70;
    internal const uint IommuMapDma = 0x3b71;
    internal const uint IommuUnmapDma = 0x3b72;
    internal const uint DeviceBindIommuFd = 0x3b76;
    internal const uint DeviceAttachPageTable = 0x3b77;
    internal const uint IoasAllocate = 0x3b81;
    internal const uint IoasGetRanges = 0x3b84;
    internal const uint IoasMapMemory = 0x3b85;
    internal const uint IoasUnmapMemory = 0x3b86;

    internal const int ApiVersion = 0;
    internal const int Type1V2 = 3;
    internal const uint GroupViable = 1;
    internal const uint DeviceHasReset = 1;
    internal const uint DeviceIsPci = 2;
    internal const uint RegionHasCapabilities = 8;
    internal const ushort RegionCapabilitySparse = 1;
    internal const uint IrqDataNone = 1;
    internal const uint IrqDataEvent = 4;
    internal const uint IrqActionMask = 8;
    internal const uint IrqActionUnmask = 0x10;
    internal const uint IrqActionTrigger = 0x20;
    internal const uint IommuHasPageSizes = 1;
    internal const uint IommuHasCapabilities = 2;
    internal const ushort IommuCapabilityRanges = 1;
    internal const ushort IommuCapabilityAvailable = 3;
    internal const uint IoasFixedAddress = 1;
    internal const uint IoasWritable = 2;
    internal const uint IoasReadable = 4;
}
