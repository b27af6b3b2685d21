using Scatterlist.Vfio.Interop;

namespace Scatterlist.Vfio;

/// <summary>An address space of iommufd, whose addresses the kernel chooses.</summary>
internal sealed unsafe class IoasIommu : IKernelIommu
{
    private const string IommuPath = "/dev/iommu";

    private readonly HeldDescriptor _iommu;
    private readonly uint _id;

    private IoasIommu(FileDescriptor iommu, uint id)
    {
        _iommu = new HeldDescriptor(iommu);
        _id = id;
    }

    public IReadOnlyList<IoAddressRange> Ranges { get; private set; } = [];

    public ulong PageSizes { get; private set; }

    public bool ChoosesAddresses => true;

    public uint? Available => null;

    /// <summary>Opens a device by its own node and binds it to a fresh address space.</summary>
    internal static IoasIommu Open(string address, out FileDescriptor device)
    {
        string path = Sysfs.GetDeviceNode(address);
        Errno errno = KernelCalls.TryOpen(path, out FileDescriptor? opened);
        if (errno != Errno.None)
            throw KernelErrors.Open(path, errno);
        device = opened!;
        FileDescriptor? iommu = null;
        try
        {
            errno = KernelCalls.TryOpen(IommuPath, out iommu);
            if (errno != Errno.None)
                throw KernelErrors.Open(IommuPath, errno);
            var bind = new BindIommuFd { Size = (uint)sizeof(BindIommuFd), IommuFd = iommu!.Value };
            errno = KernelCalls.Ioctl(device, VfioIoctl.DeviceBindIommuFd, ref bind);
            if (errno != Errno.None)
                throw KernelErrors.Bind(address, path, errno);
            var allocate = new IoasAlloc { Size = (uint)sizeof(IoasAlloc) };
            Throw(KernelCalls.Ioctl(iommu, VfioIoctl.IoasAllocate, ref allocate), "IOMMU_IOAS_ALLOC");
            var attach = new AttachPageTable { Size = (uint)sizeof(AttachPageTable), Id = allocate.Id };
            errno = KernelCalls.Ioctl(device, VfioIoctl.DeviceAttachPageTable, ref attach);
            if (errno != Errno.None)
                throw KernelErrors.Attach(address, errno);
            var space = new IoasIommu(iommu, allocate.Id);
            try
            {
                space.ReadRanges();
                return space;
            }
            catch
            {
                space.Dispose();
                throw;
            }
        }
        catch
        {
            device.Dispose();
            iommu?.Dispose();
            throw;
        }
    }

    public Errno Map(in DmaMapRequest request, ref IoAddress address)
    {
        var map = new IoasMap
        {
            Size = (uint)sizeof(IoasMap),
            Flags = ((request.Access & DmaAccess.Read) != 0 ? VfioIoctl.IoasReadable : 0)
                | ((request.Access & DmaAccess.Write) != 0 ? VfioIoctl.IoasWritable : 0)
                | (request.IoAddress is null ? 0 : VfioIoctl.IoasFixedAddress),
            Id = _id,
            Address = (ulong)request.Memory.Address,
            Length = request.Memory.Length,
            IoAddress = request.IoAddress?.Value ?? 0,
        };
        Errno errno = KernelCalls.Ioctl(_iommu.Descriptor, VfioIoctl.IoasMapMemory, ref map);
        if (errno != Errno.None)
            return errno;
        address = new IoAddress(map.IoAddress);
        if (request.HighestIoAddress is not { } highest
            || (address <= highest && request.Memory.Length - 1 <= highest.Value - address.Value))
        {
            return Errno.None;
        }

        // The kernel gives out the lowest addresses first: there are none left that the device can use.
        _ = Unmap(address, request.Memory.Length);
        return Errno.ENOSPC;
    }

    public Errno Unmap(IoAddress address, ulong length)
    {
        var unmap = new IoasUnmap
        {
            Size = (uint)sizeof(IoasUnmap),
            Id = _id,
            IoAddress = address.Value,
            Length = length,
        };
        return KernelCalls.Ioctl(_iommu.Descriptor, VfioIoctl.IoasUnmapMemory, ref unmap);
    }

    public void Dispose() => _iommu.Close();

    private void ReadRanges()
    {
        var found = new IovaRange[16];
        while (true)
        {
            fixed (IovaRange* first = found)
            {
                var ranges = new IoasRanges
                {
                    Size = (uint)sizeof(IoasRanges),
                    Id = _id,
                    Count = (uint)found.Length,
                    Ranges = (ulong)first,
                };
                Errno errno = KernelCalls.Ioctl(_iommu.Descriptor, VfioIoctl.IoasGetRanges, ref ranges);
                if (errno == Errno.EMSGSIZE && ranges.Count > (uint)found.Length && ranges.Count < 1 << 20)
                {
                    found = new IovaRange[ranges.Count];
                    continue;
                }

                Throw(errno, "IOMMU_IOAS_IOVA_RANGES");
                PageSizes = Math.Max(ranges.Alignment, HostBuffer.BasePageSize);
                Ranges =
                [
                    .. found.Take((int)Math.Min(ranges.Count, (uint)found.Length)).Select(
                        range => new IoAddressRange(new IoAddress(range.First), new IoAddress(range.Last))),
                ];
                return;
            }
        }
    }

    private static void Throw(Errno errno, string operation)
    {
        if (errno != Errno.None)
            throw new VfioException(operation, errno);
    }
}
