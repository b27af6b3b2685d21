using Scatterlist.Vfio.Interop;

namespace Scatterlist.Vfio;

/// <summary>
/// A PCI device on the kernel's vfio-pci driver: through its IOMMU group and a container (type1v2), or through its own
/// node and iommufd.
/// </summary>
public sealed class VfioKernelDevice : VfioDevice
{
    private readonly HeldDescriptor _held;
    private readonly IKernelIommu _iommu;
    private readonly ulong[] _offsets;
    private readonly Lock _interruptLock = new();
    private readonly int[] _enabled;

    private VfioKernelDevice(
        string name, FileDescriptor device, IKernelIommu iommu, in DeviceShape shape, ulong[] offsets)
        : base(name, in shape)
    {
        _held = new HeldDescriptor(device);
        _iommu = iommu;
        _offsets = offsets;
        _enabled = new int[shape.Interrupts.Length];
    }

    private FileDescriptor Node => _held.Descriptor;

    /// <summary>Whether the device is reached through iommufd, which chooses addresses itself.</summary>
    public bool IsIommuFd => _iommu.ChoosesAddresses;

    /// <inheritdoc/>
    public override uint? AvailableMappings => _iommu.Available;

    /// <summary>The PCI addresses of all devices on vfio-pci, in order.</summary>
    public static IReadOnlyList<string> GetAddresses() => [.. Sysfs.OnVfio()];

    /// <summary>Opens a device through iommufd where the kernel has that for it, else through its group.</summary>
    /// <inheritdoc cref="OpenGroup"/>
    public static VfioKernelDevice Open(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Sysfs.IsAddress(address) && Sysfs.TryGetDeviceNode(address) is { } node && File.Exists(node)
            && File.Exists("/dev/iommu")
            ? OpenDeviceNode(address)
            : OpenGroup(address);
    }

    /// <summary>Opens a device through its group and a container of its own.</summary>
    /// <param name="address">The PCI address with its domain, as <c>0000:01:00.0</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="address"/> is no PCI address.</exception>
    /// <exception cref="VfioException">
    /// No such device, not on vfio-pci, or no IOMMU (ENODEV); EACCES; EBUSY; a group that is not viable or no interrupt
    /// remapping (EPERM). The remedy has the commands.
    /// </exception>
    public static VfioKernelDevice OpenGroup(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        IKernelIommu iommu = Type1Iommu.Open(address, out FileDescriptor device);
        return Make(address, device, iommu);
    }

    /// <summary>Opens a device through its own node and iommufd (Linux 6.6).</summary>
    /// <inheritdoc cref="OpenGroup"/>
    public static VfioKernelDevice OpenDeviceNode(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        IKernelIommu iommu = IoasIommu.Open(address, out FileDescriptor device);
        return Make(address, device, iommu);
    }

    /// <inheritdoc/>
    protected override bool ReleaseNative()
    {
        _held.Close(); // before the group: a group with an open device stays busy
        _iommu.Dispose();
        return true;
    }

    private protected override MmioWindow MapRegionCore(
        VfioRegionInfo region, ulong offset, nuint length, MmioAccess access) =>
        MmioWindow.Map(Node, _offsets[region.Index] + offset, length, access, parent: this);

    private protected override Errno ReadRegionCore(int region, ulong offset, Span<byte> destination) =>
        KernelCalls.PRead(Node, destination, _offsets[region] + offset);

    private protected override Errno WriteRegionCore(int region, ulong offset, ReadOnlySpan<byte> source) =>
        KernelCalls.PWrite(Node, source, _offsets[region] + offset);

    // Vectors are enabled all at once, at the first use: most kernels cannot add one later.
    private protected override Errno SetInterruptsCore(InterruptKind kind, int first, ReadOnlySpan<int> events)
    {
        const uint Flags = VfioIoctl.IrqDataEvent | VfioIoctl.IrqActionTrigger;
        lock (_interruptLock)
        {
            if (_enabled[(int)kind] != 0)
                return KernelDeviceInfo.SetIrqs(Node, kind, first, events.Length, Flags, events, out _);
            var all = new int[Interrupts[(int)kind].Count];
            Array.Fill(all, -1);
            events.CopyTo(all.AsSpan(first));
            Errno errno = KernelDeviceInfo.SetIrqs(Node, kind, 0, all.Length, Flags, all, out int had);
            if (errno == Errno.None && had >= first + events.Length && had < all.Length)
            {
                // The system has fewer vectors to give than the device has.
                all = all[..had];
                errno = KernelDeviceInfo.SetIrqs(Node, kind, 0, all.Length, Flags, all, out had);
            }

            if (errno == Errno.None && had > 0)
                errno = Errno.ENOSPC;
            if (errno == Errno.None)
                _enabled[(int)kind] = all.Length;
            return errno;
        }
    }

    private protected override Errno ChangeInterruptsCore(
        InterruptKind kind, int first, int count, InterruptChange change)
    {
        lock (_interruptLock)
        {
            if (change == InterruptChange.Disable)
            {
                if (_enabled[(int)kind] == 0)
                    return Errno.None;
                _enabled[(int)kind] = 0;
            }

            uint action = change switch
            {
                InterruptChange.Mask => VfioIoctl.IrqActionMask,
                InterruptChange.Unmask => VfioIoctl.IrqActionUnmask,
                _ => VfioIoctl.IrqActionTrigger,
            };
            Errno errno = KernelDeviceInfo.SetIrqs(
                Node, kind, first, count, VfioIoctl.IrqDataNone | action, default, out _);
            return errno == Errno.ENOTTY ? Errno.EINVAL : errno;
        }
    }

    private protected override Errno MapCore(in DmaMapRequest request, IoAddress address) =>
        _iommu.Map(in request, ref address);

    private protected override Errno ChooseAndMapCore(in DmaMapRequest request, out IoAddress address)
    {
        address = default;
        return _iommu.Map(in request, ref address);
    }

    private protected override Errno UnmapCore(IoAddress address, ulong length) => _iommu.Unmap(address, length);

    private protected override Errno ResetCore() => KernelCalls.Ioctl(Node, VfioIoctl.DeviceReset, 0, out _);

    private protected override (string? Detail, string? Remedy) ExplainMap(in DmaMapRequest request, Errno errno)
    {
        (string? detail, string? remedy) = base.ExplainMap(in request, errno);
        return errno == Errno.ENOMEM ? (KernelErrors.LockedMemory(request.Memory.Length), remedy) : (detail, remedy);
    }

    private static VfioKernelDevice Make(string address, FileDescriptor device, IKernelIommu iommu)
    {
        try
        {
            DeviceShape shape = KernelDeviceInfo.Read(address, device, iommu, out ulong[] offsets);
            return new VfioKernelDevice(address, device, iommu, in shape, offsets);
        }
        catch
        {
            device.Dispose();
            iommu.Dispose();
            throw;
        }
    }
}
