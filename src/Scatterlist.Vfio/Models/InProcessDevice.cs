namespace Scatterlist.Vfio;

/// <summary>
/// A device model used by the process that it lives in: no socket, the same checks, the same table of reachable memory.
/// A region access is a call; DMA goes straight to the mapped memory.
/// </summary>
public sealed class InProcessDevice : VfioDevice
{
    private readonly VfioDeviceModel _model;
    private readonly bool _ownsModel;

    private InProcessDevice(string name, VfioDeviceModel model, in DeviceShape shape, bool ownsModel)
        : base(name, in shape)
    {
        _model = model;
        _ownsModel = ownsModel;
    }

    /// <inheritdoc/>
    public override uint? AvailableMappings => (uint)(DmaTable.MaxRanges - _model.Dma.Count);

    /// <inheritdoc/>
    internal override bool UnmapWaits => true; // for a copy that is under way

    /// <summary>Becomes a model's client.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">The device's name.</param>
    /// <param name="options">The addresses to give out; null for the 39 bits of a small IOMMU.</param>
    /// <param name="ownsModel">Whether the model is disposed when the device is released.</param>
    /// <exception cref="VfioException">The model has a client already: EBUSY.</exception>
    public static InProcessDevice Open(
        VfioDeviceModel model, string name = "in-process", VfioAddressOptions? options = null, bool ownsModel = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= VfioAddressOptions.Default;
        if (!model.TryAttach())
        {
            throw new VfioException(
                $"open {name}", Errno.EBUSY, "the device has a client already", "Dispose the other one first.");
        }

        try
        {
            var shape = new DeviceShape
            {
                Info = model.Info,
                Regions = [.. model.Regions],
                Interrupts = [.. model.Interrupts],
                Ranges = options.Ranges,
                PageSizes = options.PageSizes,
            };
            return new InProcessDevice(name, model, in shape, ownsModel);
        }
        catch
        {
            model.Detach();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseNative()
    {
        _model.Detach();
        if (_ownsModel)
            _model.Dispose();
        return true;
    }

    private protected override MmioWindow MapRegionCore(
        VfioRegionInfo region, ulong offset, nuint length, MmioAccess access)
    {
        FileDescriptor? memory = _model.GetRegionMemory(region.Index, out ulong start);
        return memory is null
            ? throw new VfioException($"map region {region.Index} of {Name}", Errno.EOPNOTSUPP)
            : MmioWindow.Map(memory, start + offset, length, access, parent: this);
    }

    private protected override Errno ReadRegionCore(int region, ulong offset, Span<byte> destination) =>
        _model.ReadRegion(region, offset, destination);

    private protected override Errno WriteRegionCore(int region, ulong offset, ReadOnlySpan<byte> source) =>
        _model.WriteRegion(region, offset, source);

    private protected override Errno SetInterruptsCore(InterruptKind kind, int first, ReadOnlySpan<int> events)
    {
        var taken = new FileDescriptor?[events.Length];
        try
        {
            for (int i = 0; i < events.Length; i++)
            {
                if (events[i] < 0)
                    continue;
                if (!EventCalls.IsEventFd(events[i]))
                    throw new ScatterlistException("", Errno.EINVAL);
                taken[i] = FileDescriptor.DuplicateOf(events[i]);
            }
        }
        catch (ScatterlistException e)
        {
            foreach (FileDescriptor? descriptor in taken)
                descriptor?.Dispose();
            return e.Errno;
        }

        _model.Lines.Set(kind, first, taken);
        return Errno.None;
    }

    private protected override Errno ChangeInterruptsCore(
        InterruptKind kind, int first, int count, InterruptChange change)
    {
        _model.Lines.Change(kind, first, count, change);
        return Errno.None;
    }

    private protected override Errno MapCore(in DmaMapRequest request, IoAddress address)
    {
        // What pinning does on a real device: a page that is not there is an error now, not a fault later.
        Errno errno = MemoryProbe.Populate(request.Memory, request.Access);
        if (errno != Errno.None)
            return errno;
        return _model.Dma.Map(
            new DmaTable.Entry(address.Value, request.Memory.Length, request.Access, request.Memory));
    }

    private protected override Errno UnmapCore(IoAddress address, ulong length) =>
        _model.Dma.Unmap(address.Value, length);

    private protected override Errno ResetCore() => _model.Reset();
}
