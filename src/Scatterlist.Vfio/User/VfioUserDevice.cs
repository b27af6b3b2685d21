using Scatterlist.HostFd;

namespace Scatterlist.Vfio;

/// <summary>
/// A device that another process serves by the vfio-user protocol. Memory with a descriptor is shared; the device
/// reaches other memory through messages, which a thread of this process answers.
/// </summary>
/// <remarks>
/// When the server goes, calls report ECONNRESET or EPIPE, mappings are gone, and nothing is left to undo. Connect anew
/// to reach a server that came back; it keeps the device's state but no mapping.
/// </remarks>
public sealed class VfioUserDevice : VfioDevice
{
    private const int MaxEventsAMessage = UserWire.MaxDescriptors;

    private readonly MessageChannel _channel;
    private readonly DmaTable _served;
    private readonly UserCapabilities _server;
    private readonly (FileDescriptor? Memory, ulong Offset)[] _regionMemory;
    private readonly Lock _lock = new();
    private uint _mappings;
    private Thread? _servant;

    private VfioUserDevice(
        string path, MessageChannel channel, DmaTable served, in UserCapabilities server, in DeviceShape shape,
        (FileDescriptor?, ulong)[] regionMemory)
        : base(path, in shape)
    {
        _channel = channel;
        _served = served;
        _server = server;
        _regionMemory = regionMemory;
    }

    /// <inheritdoc/>
    public override uint? AvailableMappings
    {
        get
        {
            uint mappings = Volatile.Read(ref _mappings);
            return _server.MaxMappings > mappings ? _server.MaxMappings - mappings : 0;
        }
    }

    /// <inheritdoc/>
    internal override bool UnmapWaits => true;

    // The server has a mapping of its own, or asks us: freeing our memory harms nobody.
    private protected override bool ReachesPages => false;

    /// <summary>Connects to a server and learns what its device is.</summary>
    /// <param name="path">The server's socket.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait for the connection.</param>
    /// <exception cref="VfioException">
    /// Nobody listens (ENOENT, ECONNREFUSED), the device has a client already (EBUSY), the server speaks another
    /// version (EPROTONOSUPPORT) or nonsense (EPROTO).
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static VfioUserDevice Connect(
        string path, VfioUserOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= VfioUserOptions.Default;
        string operation = $"connect to the device at {path}";
        UnixSocket socket;
        try
        {
            socket = UnixSocket.Connect(path, UnixSocketType.Stream, cancellationToken);
        }
        catch (ScatterlistException e)
        {
            throw new VfioException(operation, e.Errno, e.Message, e.Remedy, e);
        }

        var served = new DmaTable();
        var servant = new DmaServant(served);
        var channel = new MessageChannel(socket, options.AnswerTimeout, options.SpinTime, servant.Serve);
        var discovery = new UserDiscovery(channel, operation);
        try
        {
            discovery.Run();
            ulong granule = Math.Max(
                options.Addresses.PageSizes & (~options.Addresses.PageSizes + 1),
                Math.Max(discovery.Server.PageSizes & (~discovery.Server.PageSizes + 1), HostBuffer.BasePageSize));
            var shape = new DeviceShape
            {
                Info = discovery.Info,
                Regions = discovery.Regions,
                Interrupts = discovery.Interrupts,
                Ranges = options.Addresses.Ranges,
                PageSizes = (options.Addresses.PageSizes & ~(granule - 1)) | granule,
            };
            return new VfioUserDevice(path, channel, served, discovery.Server, in shape, discovery.RegionMemory);
        }
        catch
        {
            channel.Dispose();
            foreach ((FileDescriptor? memory, _) in discovery.RegionMemory)
                memory?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseNative()
    {
        _channel.Dispose();
        foreach ((FileDescriptor? memory, _) in _regionMemory)
            memory?.Dispose();
        return true;
    }

    private protected override MmioWindow MapRegionCore(
        VfioRegionInfo region, ulong offset, nuint length, MmioAccess access)
    {
        (FileDescriptor? memory, ulong start) = _regionMemory[region.Index];
        return MmioWindow.Map(memory!, start + offset, length, access, parent: this);
    }

    private protected override Errno ReadRegionCore(int region, ulong offset, Span<byte> destination)
    {
        Span<byte> head = stackalloc byte[UserWire.AccessBytes];
        while (!destination.IsEmpty)
        {
            int count = Math.Min(destination.Length, _server.MaxTransferBytes);
            PutAccess(head, region, offset, count);
            Errno errno = _channel.Call(UserCommand.RegionRead, head, default, default, out Message? reply);
            if (errno != Errno.None)
                return errno;
            ReadOnlySpan<byte> payload = reply!.Payload;
            bool isSound = payload.Length == UserWire.AccessBytes + count
                && payload[..UserWire.AccessBytes].SequenceEqual(head);
            if (isSound)
                payload[UserWire.AccessBytes..].CopyTo(destination);
            _channel.Return(reply);
            if (!isSound)
                return _channel.Fail(Errno.EPROTO);
            destination = destination[count..];
            offset += (ulong)count;
        }

        return Errno.None;
    }

    private protected override Errno WriteRegionCore(int region, ulong offset, ReadOnlySpan<byte> source)
    {
        Span<byte> head = stackalloc byte[UserWire.AccessBytes];
        while (!source.IsEmpty)
        {
            int count = Math.Min(source.Length, _server.MaxTransferBytes);
            PutAccess(head, region, offset, count);
            Errno errno = _channel.Call(UserCommand.RegionWrite, head, source[..count], default, out Message? reply);
            if (errno != Errno.None)
                return errno;
            bool isSound = reply!.Payload.SequenceEqual(head);
            _channel.Return(reply);
            if (!isSound)
                return _channel.Fail(Errno.EPROTO);
            source = source[count..];
            offset += (ulong)count;
        }

        return Errno.None;
    }

    // Runs of vectors that get descriptors or lose theirs, as many in a message as the server takes.
    private protected override Errno SetInterruptsCore(InterruptKind kind, int first, ReadOnlySpan<int> events)
    {
        int most = Math.Clamp(_server.MaxDescriptors, 1, MaxEventsAMessage);
        Errno errno = Errno.None;
        while (!events.IsEmpty && errno == Errno.None)
        {
            bool isAssigned = events[0] >= 0;
            int count = 1;
            while (count < events.Length && (events[count] >= 0) == isAssigned && (!isAssigned || count < most))
                count++;
            errno = SetIrqs(
                kind, first, count, UserWire.IrqDataEvent | UserWire.IrqTrigger, isAssigned ? events[..count] : default);
            first += count;
            events = events[count..];
        }

        return errno;
    }

    private protected override Errno ChangeInterruptsCore(
        InterruptKind kind, int first, int count, InterruptChange change) => SetIrqs(
            kind, first, count, UserWire.IrqDataNone | change switch
            {
                InterruptChange.Mask => UserWire.IrqMask,
                InterruptChange.Unmask => UserWire.IrqUnmask,
                _ => UserWire.IrqTrigger,
            },
            default);

    private protected override Errno MapCore(in DmaMapRequest request, IoAddress address)
    {
        uint mappings = Interlocked.Increment(ref _mappings);
        Errno errno = mappings > _server.MaxMappings
            ? Errno.ENOSPC
            : request.Descriptor is { } descriptor
                ? MapShared(in request, address, descriptor)
                : MapServed(in request, address);
        if (errno != Errno.None)
            Interlocked.Decrement(ref _mappings);
        return errno;
    }

    private protected override Errno UnmapCore(IoAddress address, ulong length)
    {
        Span<byte> head = stackalloc byte[UserWire.UnmapBytes];
        UserWire.Put32(head, 0, UserWire.UnmapBytes);
        UserWire.Put32(head, 4, 0);
        UserWire.Put64(head, 8, address.Value);
        UserWire.Put64(head, 16, length);
        Errno errno = _channel.Call(UserCommand.DmaUnmap, head, default, default, out Message? reply);
        bool isSound = errno != Errno.None
            || (reply!.Payload.Length == UserWire.UnmapBytes && UserWire.Get64(reply.Payload, 16) == length);
        _channel.Return(reply);
        if (!isSound)
            errno = Errno.EPROTO;
        // What serves the memory goes in any case: from here on the server is told that there is nothing.
        _ = _served.Unmap(address.Value, length);
        Interlocked.Decrement(ref _mappings);
        // A server that is gone has dropped everything.
        return _channel.Failure != Errno.None ? Errno.None : errno;
    }

    private protected override Errno ResetCore()
    {
        Errno errno = _channel.Call(UserCommand.Reset, default, default, default, out Message? reply);
        _channel.Return(reply);
        return errno;
    }

    private static void PutAccess(Span<byte> head, int region, ulong offset, int count)
    {
        UserWire.Put64(head, 0, offset);
        UserWire.Put32(head, 8, (uint)region);
        UserWire.Put32(head, 12, (uint)count);
    }

    private Errno MapShared(in DmaMapRequest request, IoAddress address, FileDescriptor descriptor)
    {
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            return Map(in request, address, request.DescriptorOffset, [(int)descriptor.DangerousGetHandle()]);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    private Errno MapServed(in DmaMapRequest request, IoAddress address)
    {
        Errno errno = MemoryProbe.Populate(request.Memory, request.Access);
        if (errno != Errno.None)
            return errno;
        StartServant();
        errno = _served.Map(
            new DmaTable.Entry(address.Value, request.Memory.Length, request.Access, request.Memory));
        if (errno != Errno.None)
            return errno;
        errno = Map(in request, address, 0, default);
        if (errno != Errno.None)
            _ = _served.Unmap(address.Value, request.Memory.Length);
        return errno;
    }

    private Errno Map(in DmaMapRequest request, IoAddress address, ulong offset, ReadOnlySpan<int> descriptors)
    {
        Span<byte> head = stackalloc byte[UserWire.MapBytes];
        UserWire.Put32(head, 0, UserWire.MapBytes);
        UserWire.Put32(head, 4, (uint)request.Access);
        UserWire.Put64(head, 8, offset);
        UserWire.Put64(head, 16, address.Value);
        UserWire.Put64(head, 24, request.Memory.Length);
        Errno errno = _channel.Call(UserCommand.DmaMap, head, default, descriptors, out Message? reply);
        _channel.Return(reply);
        return errno;
    }

    private Errno SetIrqs(InterruptKind kind, int first, int count, uint flags, ReadOnlySpan<int> descriptors)
    {
        Span<byte> head = stackalloc byte[UserWire.SetIrqsBytes];
        UserWire.Put32(head, 0, UserWire.SetIrqsBytes);
        UserWire.Put32(head, 4, flags);
        UserWire.Put32(head, 8, (uint)kind);
        UserWire.Put32(head, 12, (uint)first);
        UserWire.Put32(head, 16, (uint)count);
        Errno errno = _channel.Call(UserCommand.SetIrqs, head, default, descriptors, out Message? reply);
        _channel.Return(reply);
        return errno;
    }

    // From now on the server may ask at any moment, not only while we wait for an answer.
    private void StartServant()
    {
        lock (_lock)
        {
            if (_servant is not null)
                return;
            _servant = new Thread(_channel.Serve) { IsBackground = true, Name = "vfio-user servant" };
            _servant.Start();
        }
    }
}
