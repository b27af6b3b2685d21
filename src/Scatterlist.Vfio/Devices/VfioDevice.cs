namespace Scatterlist.Vfio;

/// <summary>What all transports share: checks before anything is asked, the addresses, the life of mappings.</summary>
public abstract class VfioDevice : NativeHandle, IVfioDevice
{
    private readonly VfioRegionInfo[] _regions;
    private readonly VfioInterruptInfo[] _interrupts;

    private protected VfioDevice(string name, in DeviceShape shape)
        : base(0, shape.Parent)
    {
        Name = name;
        Info = shape.Info;
        _regions = shape.Regions;
        _interrupts = shape.Interrupts;
        IoAddressRanges = shape.Ranges;
        PageSizes = shape.PageSizes;
        Granule = shape.PageSizes & (~shape.PageSizes + 1);
        Addresses = shape.ChoosesAddresses ? null : new IoAddressAllocator(shape.Ranges, Granule);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public NativeHandle Handle => this;

    /// <inheritdoc/>
    public VfioDeviceInfo Info { get; }

    /// <inheritdoc/>
    public IReadOnlyList<VfioRegionInfo> Regions => _regions;

    /// <inheritdoc/>
    public IReadOnlyList<VfioInterruptInfo> Interrupts => _interrupts;

    /// <inheritdoc/>
    public IReadOnlyList<IoAddressRange> IoAddressRanges { get; }

    /// <inheritdoc/>
    public ulong PageSizes { get; }

    /// <inheritdoc/>
    public virtual uint? AvailableMappings => null;

    /// <summary>Whether undoing a mapping waits for somebody else.</summary>
    internal virtual bool UnmapWaits => false;

    /// <summary>
    /// Whether a mapping that could not be undone still reaches the pages themselves, so that they must not be freed.
    /// </summary>
    private protected virtual bool ReachesPages => true;

    /// <summary>The addresses that we give out; null where the transport chooses them.</summary>
    private protected IoAddressAllocator? Addresses { get; }

    /// <summary>The smallest page of a mapping, in bytes.</summary>
    private protected ulong Granule { get; }

    /// <inheritdoc/>
    public MmioWindow MapRegion(int region, ulong offset, nuint length, MmioAccess access = MmioAccess.ReadWrite)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        VfioRegionInfo info = RegionAt(region);
        ArgumentOutOfRangeException.ThrowIfZero(length);
        if (access is < MmioAccess.Read or > MmioAccess.ReadWrite)
            throw new ArgumentOutOfRangeException(nameof(access), access, "Read, Write or both.");
        if (!info.Contains(offset, length))
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), $"0x{offset:x}+{length} reaches outside of region {region}, {info.Size} bytes.");
        }

        if (offset % HostBuffer.BasePageSize != 0)
            throw new ArgumentException($"0x{offset:x} is not a multiple of the page size.", nameof(offset));
        string operation = $"map region {region} of {Name} (offset 0x{offset:x}, {length} bytes, {access})";
        if (!info.CanMap(offset, length))
        {
            throw new VfioException(
                operation, Errno.EOPNOTSUPP, "this part of the region cannot be mapped",
                "Read and write it by ReadRegion and WriteRegion, or map one of its MappableAreas.");
        }

        if ((access.HasFlag(MmioAccess.Read) && (info.Flags & RegionFlags.Read) == 0)
            || (access.HasFlag(MmioAccess.Write) && (info.Flags & RegionFlags.Write) == 0))
        {
            throw new VfioException(operation, Errno.EACCES, $"the region allows {info.Flags} only");
        }

        try
        {
            return MapRegionCore(info, offset, length, access);
        }
        catch (ScatterlistException e) when (e is not VfioException)
        {
            throw new VfioException(operation, e.Errno, e.Message, e.Remedy, e);
        }
    }

    /// <inheritdoc/>
    public Errno ReadRegion(int region, ulong offset, Span<byte> destination)
    {
        if (!IsAllowed(region, offset, (ulong)destination.Length, RegionFlags.Read))
            return Errno.EINVAL;
        bool held = false;
        try
        {
            Enter(ref held);
            return destination.IsEmpty ? Errno.None : ReadRegionCore(region, offset, destination);
        }
        finally
        {
            if (held)
                DangerousRelease();
        }
    }

    /// <inheritdoc/>
    public Errno WriteRegion(int region, ulong offset, ReadOnlySpan<byte> source)
    {
        if (!IsAllowed(region, offset, (ulong)source.Length, RegionFlags.Write))
            return Errno.EINVAL;
        bool held = false;
        try
        {
            Enter(ref held);
            return source.IsEmpty ? Errno.None : WriteRegionCore(region, offset, source);
        }
        finally
        {
            if (held)
                DangerousRelease();
        }
    }

    /// <inheritdoc/>
    public void SetInterrupts(InterruptKind kind, int first, ReadOnlySpan<FileDescriptor?> events)
    {
        CheckVectors(kind, first, events.Length);
        if (events.IsEmpty)
            return;
        var numbers = new int[events.Length];
        int heldCount = 0;
        bool held = false;
        try
        {
            for (; heldCount < events.Length; heldCount++)
            {
                numbers[heldCount] = -1;
                if (events[heldCount] is not { } descriptor)
                    continue;
                bool descriptorHeld = false;
                descriptor.DangerousAddRef(ref descriptorHeld);
                numbers[heldCount] = (int)descriptor.DangerousGetHandle();
            }

            Enter(ref held);
            Errno errno = SetInterruptsCore(kind, first, numbers);
            ThrowUnless(errno, $"set {kind} vectors {first}..{first + events.Length - 1} of {Name}");
        }
        finally
        {
            for (int i = 0; i < heldCount; i++)
                events[i]?.DangerousRelease();
            if (held)
                DangerousRelease();
        }
    }

    /// <inheritdoc/>
    public void DisableInterrupts(InterruptKind kind) => Change(kind, 0, 0, InterruptChange.Disable);

    /// <inheritdoc/>
    public void TriggerInterrupt(InterruptKind kind, int vector) => Change(kind, vector, 1, InterruptChange.Trigger);

    /// <inheritdoc/>
    public void MaskInterrupt(InterruptKind kind, int vector) => Change(kind, vector, 1, InterruptChange.Mask);

    /// <inheritdoc/>
    public void UnmaskInterrupt(InterruptKind kind, int vector) => Change(kind, vector, 1, InterruptChange.Unmask);

    /// <inheritdoc/>
    public DmaMapping MapDma(in DmaMapRequest request)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        CheckRequest(in request);
        ulong length = request.Memory.Length;
        IoAddress address = default;
        bool owns = false;
        if (Addresses is { } addresses)
        {
            address = request.IoAddress ?? default;
            Errno errno = request.IoAddress is { } wanted
                ? addresses.TryReserve(wanted, length)
                : addresses.TryAllocate(length, request.HighestIoAddress, out address);
            if (errno != Errno.None)
                throw MapFailed(in request, errno);
            owns = true;
        }

        DmaMapping? mapping = null;
        bool established = false;
        try
        {
            bool held = false;
            try
            {
                Enter(ref held);
                if (Addresses is null)
                {
                    // The address is known after the call only, and the memory is held before it.
                    using var hold = new OwnerHold(request.Owner);
                    Errno errno = ChooseAndMapCore(in request, out address);
                    if (errno != Errno.None)
                        throw MapFailed(in request, errno);
                    established = true;
                    mapping = new DmaMapping(this, in request, address, ownsAddress: false);
                }
                else
                {
                    mapping = new DmaMapping(this, in request, address, ownsAddress: true);
                    Errno errno = MapCore(in request, address);
                    if (errno != Errno.None)
                        throw MapFailed(in request, errno);
                }

                mapping.IsEstablished = true;
                return mapping;
            }
            finally
            {
                if (held)
                    DangerousRelease();
            }
        }
        catch
        {
            mapping?.Abandon();
            if (owns)
                Addresses!.Free(address);
            else if (established)
                _ = UnmapCore(address, length);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!Info.IsResetSupported)
        {
            throw new VfioException(
                $"reset {Name}", Errno.EINVAL, "the device has no reset",
                "Bring it to a known state through its own registers.");
        }

        bool held = false;
        try
        {
            Enter(ref held);
            ThrowUnless(ResetCore(), $"reset {Name}");
        }
        finally
        {
            if (held)
                DangerousRelease();
        }
    }

    /// <summary>Undoes a mapping, once.</summary>
    internal void Unmap(DmaMapping mapping)
    {
        Errno errno = UnmapCore(mapping.IoAddress, mapping.Length);
        if (errno == Errno.None && mapping.OwnsAddress)
            Addresses!.Free(mapping.IoAddress);
        mapping.Finish(errno, errno == Errno.None || !ReachesPages);
    }

    private protected abstract MmioWindow MapRegionCore(
        VfioRegionInfo region, ulong offset, nuint length, MmioAccess access);

    private protected abstract Errno ReadRegionCore(int region, ulong offset, Span<byte> destination);

    private protected abstract Errno WriteRegionCore(int region, ulong offset, ReadOnlySpan<byte> source);

    /// <summary>Sets descriptors, -1 for none.</summary>
    private protected abstract Errno SetInterruptsCore(InterruptKind kind, int first, ReadOnlySpan<int> events);

    private protected abstract Errno ChangeInterruptsCore(
        InterruptKind kind, int first, int count, InterruptChange change);

    private protected abstract Errno MapCore(in DmaMapRequest request, IoAddress address);

    /// <summary>None also when the device is gone and can reach nothing any more.</summary>
    private protected abstract Errno UnmapCore(IoAddress address, ulong length);

    private protected abstract Errno ResetCore();

    /// <summary>Where the transport chooses addresses: maps at the wanted one or at one of its own choice.</summary>
    private protected virtual Errno ChooseAndMapCore(in DmaMapRequest request, out IoAddress address)
    {
        address = default;
        return Errno.EOPNOTSUPP;
    }

    /// <summary>What this transport's errors of a mapping mean.</summary>
    private protected virtual (string? Detail, string? Remedy) ExplainMap(in DmaMapRequest request, Errno errno) =>
        MapErrors.Explain(this, in request, errno);

    private void Change(InterruptKind kind, int first, int count, InterruptChange change)
    {
        CheckVectors(kind, first, count);
        bool held = false;
        try
        {
            Enter(ref held);
            Errno errno = ChangeInterruptsCore(kind, first, count, change);
            ThrowUnless(errno, count == 0 ? $"{change} {kind} of {Name}" : $"{change} {kind} vector {first} of {Name}");
        }
        finally
        {
            if (held)
                DangerousRelease();
        }
    }

    private VfioRegionInfo RegionAt(int region) => (uint)region < (uint)_regions.Length
        ? _regions[region]
        : throw new ArgumentOutOfRangeException(
            nameof(region), region, $"{Name} has the regions 0 to {_regions.Length - 1}.");

    private bool IsAllowed(int region, ulong offset, ulong length, RegionFlags wanted) =>
        (uint)region < (uint)_regions.Length
        && (_regions[region].Flags & wanted) != 0
        && _regions[region].Contains(offset, length);

    private void CheckVectors(InterruptKind kind, int first, int count)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if ((uint)kind >= (uint)_interrupts.Length)
            throw new ArgumentOutOfRangeException(nameof(kind), kind, $"{Name} has no such kind of interrupts.");
        int vectors = _interrupts[(int)kind].Count;
        if (first < 0 || count < 0 || first > vectors || count > vectors - first)
        {
            throw new ArgumentOutOfRangeException(
                nameof(first), $"{Name} has {vectors} {kind} vectors; {first}+{count} reaches outside.");
        }
    }

    private void CheckRequest(in DmaMapRequest request)
    {
        if (request.Memory.IsEmpty)
            throw new ArgumentException("There is no memory to map.", nameof(request));
        if (request.Access is < DmaAccess.Read or > DmaAccess.ReadWrite)
            throw new ArgumentException("A device reads, writes, or both.", nameof(request));
        ulong mask = Granule - 1;
        if (((ulong)request.Memory.Address & mask) != 0 || (request.Memory.Length & mask) != 0
            || (request.DescriptorOffset & mask) != 0 || ((request.IoAddress?.Value ?? 0) & mask) != 0)
        {
            throw new ArgumentException(
                $"Address, length, I/O address and offset are multiples of {Granule} bytes: {request.Memory}.",
                nameof(request));
        }
    }

    private VfioException MapFailed(in DmaMapRequest request, Errno errno)
    {
        (string? detail, string? remedy) = ExplainMap(in request, errno);
        string at = request.IoAddress is { } wanted ? $" at {wanted}" : "";
        return new VfioException(
            $"map {request.Memory.Length} bytes for {request.Access}{at} on {Name}", errno, detail, remedy);
    }

    private void Enter(ref bool held)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        DangerousAddRef(ref held);
    }

    private static void ThrowUnless(Errno errno, string operation)
    {
        if (errno != Errno.None)
            throw new VfioException(operation, errno);
    }

    private readonly struct OwnerHold : IDisposable
    {
        private readonly NativeHandle? _owner;

        internal OwnerHold(NativeHandle? owner)
        {
            bool held = false;
            owner?.DangerousAddRef(ref held);
            _owner = owner;
        }

        public void Dispose() => _owner?.DangerousRelease();
    }
}
