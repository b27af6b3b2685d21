using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <summary>The open soft NIC.</summary>
internal sealed class SoftContext : ProviderContext
{
    private readonly ulong _deviceMemory;
    private ulong _deviceMemoryUsed;

    internal SoftContext(NicEngine engine, ulong deviceMemory)
        : base(1)
    {
        Engine = engine;
        _deviceMemory = deviceMemory;
    }

    internal NicEngine Engine { get; }

    internal override int AsyncEventDescriptor => Engine.Events.Descriptor;

    internal override DeviceAttributes QueryDevice() => new()
    {
        FirmwareVersion = typeof(SoftContext).Assembly.GetName().Version?.ToString(3) ?? "",
        NodeGuid = Engine.Guid,
        SystemImageGuid = Engine.Guid,
        MaxRegionSize = SoftLimits.MaxRegionSize,
        MaxQueuePairs = SoftLimits.MaxQueuePairs,
        MaxWorkRequests = SoftLimits.MaxWorkRequests,
        CapabilityFlags = 0x0020_1000 | 0x2000, // MEM_MGT_EXTENSIONS, RC_RNR_NAK_GEN, SRQ_RESIZE
        MaxElements = SoftLimits.MaxElements,
        MaxReadElements = SoftLimits.MaxElements,
        MaxInlineBytes = SoftLimits.MaxInlineBytes,
        MaxCompletionQueues = SoftLimits.MaxCompletionQueues,
        MaxCompletionQueueEntries = SoftLimits.MaxCompletionQueueEntries,
        MaxRegions = SoftLimits.MaxRegions,
        MaxDomains = SoftLimits.MaxRegions,
        MaxReadAtomic = SoftLimits.MaxReadAtomic,
        MaxInitiatorReadAtomic = SoftLimits.MaxReadAtomic,
        MaxReadAtomicResources = SoftLimits.MaxReadAtomic * SoftLimits.MaxQueuePairs,
        AtomicCapability = AtomicCapability.Global, // the processor's own interlocked instructions
        MaxAddressHandles = SoftLimits.MaxRegions,
        MaxSharedReceiveQueues = SoftLimits.MaxQueuePairs,
        MaxSharedReceiveWorkRequests = SoftLimits.MaxWorkRequests,
        MaxSharedReceiveElements = SoftLimits.MaxElements,
        MaxPartitionKeys = 1,
        LocalAckDelay = 15,
        MaxDeviceMemory = _deviceMemory,
    };

    internal override PortAttributes QueryPort(byte port)
    {
        CheckPort("ibv_query_port", port);
        return new PortAttributes
        {
            State = PortState.Active,
            MaxMtu = Mtu.Bytes4096,
            ActiveMtu = Engine.ActiveMtu,
            GidTableLength = Engine.Gids.Count,
            MaxMessageSize = SoftLimits.MaxMessageSize,
            LinkLayer = LinkLayer.Ethernet,
            CapabilityFlags = 0x0001_0000, // CM_SUP
            ActiveWidth = 1,
            ActiveSpeed = 1,
            PhysicalState = 5,
            BadPartitionKeyCount = 0,
        };
    }

    internal override IReadOnlyList<GidEntry> QueryGids() => Engine.Gids;

    internal override ushort QueryPartitionKey(byte port, int index)
    {
        CheckPort("ibv_query_pkey", port);
        return index == 0
            ? (ushort)0xffff
            : throw new VerbsException($"ibv_query_pkey(port {port}, index {index})", Errno.EINVAL, "The table has one key.");
    }

    internal override ProviderDomain AllocateDomain() => new SoftDomain(this);

    internal override ProviderCompletionChannel CreateCompletionChannel() => new SoftCompletionChannel(this);

    internal override ProviderCompletionQueue CreateCompletionQueue(
        int entries, ProviderCompletionChannel? channel, int vector)
    {
        string verb = $"ibv_create_cq(cqe {entries}, comp_vector {vector})";
        if (entries is < 1 or > SoftLimits.MaxCompletionQueueEntries)
            throw new VerbsException(verb, Errno.EINVAL, $"A queue has 1 to {SoftLimits.MaxCompletionQueueEntries} entries.");
        if (vector != 0)
            throw new VerbsException(verb, Errno.EINVAL, "The soft NIC has one completion vector, number 0.");
        if (channel is not null && (channel as SoftCompletionChannel)?.Context != this)
            throw new VerbsException(verb, Errno.EINVAL, "The channel belongs to another device.");
        return new SoftCompletionQueue(this, entries, (SoftCompletionChannel?)channel);
    }

    internal override ProviderDeviceMemory AllocateDeviceMemory(nuint length, uint logAlignment)
    {
        const uint MaxLogAlignment = 12;
        string verb = $"ibv_alloc_dm(length {length}, log_align_req {logAlignment})";
        if (_deviceMemory == 0)
            throw new VerbsException(verb, Errno.EOPNOTSUPP, "This soft NIC was opened without device memory.");
        if (length == 0 || length % 4 != 0)
            throw new VerbsException(verb, Errno.EINVAL, "Device memory comes in whole words of 4 bytes.");
        if (logAlignment > MaxLogAlignment)
            throw new VerbsException(verb, Errno.EINVAL, $"log_align_req is 0 to {MaxLogAlignment}.");
        ulong used = Interlocked.Add(ref _deviceMemoryUsed, length);
        if (used > _deviceMemory || used < length)
        {
            ReturnDeviceMemory(length);
            throw new VerbsException(
                verb, Errno.ENOMEM, $"The NIC has {_deviceMemory} bytes, and {Volatile.Read(ref _deviceMemoryUsed)} are in use.");
        }

        try
        {
            HostBuffer pages = HostBuffer.Allocate(
                length, new HostBufferOptions { IsShareable = true, Name = "scatterlist-dm" });
            return new SoftDeviceMemory(this, pages, length);
        }
        catch
        {
            ReturnDeviceMemory(length);
            throw;
        }
    }

    internal void ReturnDeviceMemory(nuint length) => Interlocked.Add(ref _deviceMemoryUsed, 0 - (ulong)length);

    internal override bool TryGetAsyncEvent(out AsyncEventType type, out NativeHandle? element, out byte port) =>
        Engine.Events.TryTake(out type, out element, out port);

    protected override bool ReleaseNative()
    {
        Engine.Stop(wait: !IsFinalizing);
        return true;
    }

    private static void CheckPort(string verb, byte port)
    {
        if (port != 1)
            throw new VerbsException($"{verb}(port {port})", Errno.EINVAL, "The soft NIC has one port, number 1.");
    }
}
