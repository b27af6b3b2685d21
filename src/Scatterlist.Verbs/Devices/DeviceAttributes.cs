namespace Scatterlist.Verbs;

/// <summary>A device's limits and capabilities (struct ibv_device_attr_ex; ibv_query_device_ex(3)).</summary>
public sealed record DeviceAttributes
{
    /// <summary>The firmware's version.</summary>
    public string FirmwareVersion { get; init; } = "";

    /// <summary>The node's GUID, in host order.</summary>
    public ulong NodeGuid { get; init; }

    /// <summary>The system image's GUID, in host order.</summary>
    public ulong SystemImageGuid { get; init; }

    /// <summary>The largest region, in bytes.</summary>
    public required ulong MaxRegionSize { get; init; }

    /// <summary>The page sizes that the device supports, one bit each.</summary>
    public ulong PageSizes { get; init; } = 4096;

    /// <summary>The vendor's id.</summary>
    public uint VendorId { get; init; }

    /// <summary>The vendor's id of the part.</summary>
    public uint VendorPartId { get; init; }

    /// <summary>The hardware's version.</summary>
    public uint HardwareVersion { get; init; }

    /// <summary>Queue pairs.</summary>
    public required int MaxQueuePairs { get; init; }

    /// <summary>Work requests outstanding in a queue.</summary>
    public required int MaxWorkRequests { get; init; }

    /// <summary>Capability bits (enum ibv_device_cap_flags).</summary>
    public uint CapabilityFlags { get; init; }

    /// <summary>Elements in a work request.</summary>
    public required int MaxElements { get; init; }

    /// <summary>Elements in a read.</summary>
    public int MaxReadElements { get; init; }

    /// <summary>Bytes that a send may carry inline at most, where the device tells; 0 where it does not.</summary>
    public int MaxInlineBytes { get; init; }

    /// <summary>Completion queues.</summary>
    public required int MaxCompletionQueues { get; init; }

    /// <summary>Entries of a completion queue.</summary>
    public required int MaxCompletionQueueEntries { get; init; }

    /// <summary>Memory regions.</summary>
    public required int MaxRegions { get; init; }

    /// <summary>Protection domains.</summary>
    public required int MaxDomains { get; init; }

    /// <summary>Outstanding reads and atomics of a queue pair, as responder.</summary>
    public required int MaxReadAtomic { get; init; }

    /// <summary>Outstanding reads and atomics of a queue pair, as requester.</summary>
    public required int MaxInitiatorReadAtomic { get; init; }

    /// <summary>Outstanding reads and atomics of the device, as responder.</summary>
    public int MaxReadAtomicResources { get; init; }

    /// <summary>How far atomics reach.</summary>
    public AtomicCapability AtomicCapability { get; init; }

    /// <summary>Memory windows.</summary>
    public int MaxMemoryWindows { get; init; }

    /// <summary>Multicast groups.</summary>
    public int MaxMulticastGroups { get; init; }

    /// <summary>Queue pairs in a multicast group.</summary>
    public int MaxMulticastQueuePairs { get; init; }

    /// <summary>Queue pairs in all multicast groups together.</summary>
    public int MaxTotalMulticastQueuePairs { get; init; }

    /// <summary>Address handles.</summary>
    public int MaxAddressHandles { get; init; }

    /// <summary>Shared receive queues.</summary>
    public int MaxSharedReceiveQueues { get; init; }

    /// <summary>Work requests of a shared receive queue.</summary>
    public int MaxSharedReceiveWorkRequests { get; init; }

    /// <summary>Elements in a work request of a shared receive queue.</summary>
    public int MaxSharedReceiveElements { get; init; }

    /// <summary>Partition keys.</summary>
    public int MaxPartitionKeys { get; init; }

    /// <summary>The device's own delay of an acknowledgement, as 4.096 us * 2^n.</summary>
    public byte LocalAckDelay { get; init; }

    /// <summary>Ports.</summary>
    public byte PortCount { get; init; } = 1;

    /// <summary>Bytes of device memory that can be allocated; 0: the device has none (ibv_alloc_dm(3)).</summary>
    public ulong MaxDeviceMemory { get; init; }
}
