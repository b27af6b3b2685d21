using System.Runtime.InteropServices;
using Scatterlist.Vfio.Interop;

namespace Scatterlist.Vfio;

/// <summary>What the kernel says about an open device, and its interrupts.</summary>
internal static unsafe class KernelDeviceInfo
{
    private const int MaxRegionInfoBytes = 64 * 1024;

    internal static DeviceShape Read(
        string address, FileDescriptor device, IKernelIommu iommu, out ulong[] offsets)
    {
        var info = new DeviceInfo { Size = (uint)sizeof(DeviceInfo) };
        Throw(KernelCalls.Ioctl(device, VfioIoctl.DeviceGetInfo, ref info), $"VFIO_DEVICE_GET_INFO({address})");
        var regions = new VfioRegionInfo[info.RegionCount];
        offsets = new ulong[info.RegionCount];
        for (int i = 0; i < regions.Length; i++)
            regions[i] = ReadRegion(device, i, out offsets[i]);
        var interrupts = new VfioInterruptInfo[info.InterruptCount];
        for (int i = 0; i < interrupts.Length; i++)
            interrupts[i] = ReadInterrupt(device, i);
        return new DeviceShape
        {
            Info = new VfioDeviceInfo(
                (info.Flags & VfioIoctl.DeviceIsPci) != 0, (info.Flags & VfioIoctl.DeviceHasReset) != 0,
                regions.Length, interrupts.Length),
            Regions = regions,
            Interrupts = interrupts,
            Ranges = iommu.Ranges,
            PageSizes = iommu.PageSizes,
            ChoosesAddresses = iommu.ChoosesAddresses,
        };
    }

    internal static Errno SetIrqs(
        FileDescriptor device, InterruptKind kind, int first, int count, uint flags, ReadOnlySpan<int> events,
        out int result)
    {
        var bytes = new byte[sizeof(IrqSet) + (events.Length * sizeof(int))];
        var set = new IrqSet
        {
            Size = (uint)bytes.Length,
            Flags = flags,
            Index = (uint)kind,
            Start = (uint)first,
            Count = (uint)count,
        };
        MemoryMarshal.Write(bytes, in set);
        MemoryMarshal.AsBytes(events).CopyTo(bytes.AsSpan(sizeof(IrqSet)));
        return KernelCalls.Ioctl(device, VfioIoctl.DeviceSetIrqs, bytes, out result);
    }

    private static VfioRegionInfo ReadRegion(FileDescriptor device, int index, out ulong offset)
    {
        var bytes = new byte[sizeof(RegionInfo)];
        while (true)
        {
            RegionInfo region;
            fixed (byte* first = bytes)
            {
                *(RegionInfo*)first = new RegionInfo { Size = (uint)bytes.Length, Index = (uint)index };
                Errno errno = KernelCalls.Ioctl(device, VfioIoctl.DeviceGetRegionInfo, (nint)first, out _);
                region = *(RegionInfo*)first;
                offset = region.Offset;
                if (errno == Errno.EINVAL)
                    return new VfioRegionInfo(index, 0, RegionFlags.None); // one that this device has not, as VGA
                Throw(errno, $"VFIO_DEVICE_GET_REGION_INFO({index})");
            }

            if (region.Size > (uint)bytes.Length && region.Size <= MaxRegionInfoBytes)
            {
                bytes = new byte[region.Size];
                continue;
            }

            if (region.Length == 0)
                return new VfioRegionInfo(index, 0, RegionFlags.None);
            var info = new VfioRegionInfo(index, region.Length, (RegionFlags)(region.Flags & 7));
            bool mayBeSparse = (info.Flags & RegionFlags.Map) != 0
                && (region.Flags & VfioIoctl.RegionHasCapabilities) != 0 && region.Size <= (uint)bytes.Length;
            return mayBeSparse && ReadAreas(bytes, region.CapabilityOffset) is { } areas
                ? info with { MappableAreas = areas }
                : info;
        }
    }

    private static List<RegionArea>? ReadAreas(byte[] bytes, uint offset)
    {
        List<RegionArea>? areas = null;
        CapabilityList.ForEach(bytes, offset, (id, at) =>
        {
            if (id != VfioIoctl.RegionCapabilitySparse || bytes.Length - at < sizeof(SparseMapCapability))
                return;
            areas = [];
            uint count = MemoryMarshal.Read<SparseMapCapability>(bytes.AsSpan(at)).Count;
            int first = at + sizeof(SparseMapCapability);
            for (int i = 0; i < count && first + ((i + 1) * sizeof(SparseMapArea)) <= bytes.Length; i++)
            {
                SparseMapArea area = MemoryMarshal.Read<SparseMapArea>(
                    bytes.AsSpan(first + (i * sizeof(SparseMapArea))));
                if (area.Length != 0)
                    areas.Add(new RegionArea(area.Offset, area.Length));
            }
        });
        return areas;
    }

    private static VfioInterruptInfo ReadInterrupt(FileDescriptor device, int index)
    {
        var info = new IrqInfo { Size = (uint)sizeof(IrqInfo), Index = (uint)index };
        Errno errno = KernelCalls.Ioctl(device, VfioIoctl.DeviceGetIrqInfo, ref info);
        if (errno == Errno.EINVAL)
            return new VfioInterruptInfo((InterruptKind)index, 0, InterruptFlags.None);
        Throw(errno, $"VFIO_DEVICE_GET_IRQ_INFO({index})");
        return new VfioInterruptInfo((InterruptKind)index, (int)info.Count, (InterruptFlags)(info.Flags & 0xf));
    }

    private static void Throw(Errno errno, string operation)
    {
        if (errno != Errno.None)
            throw new VfioException(operation, errno);
    }
}
