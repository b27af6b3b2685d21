using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Scatterlist.HostFd.Interop;
using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.Providers.LibIbverbs;

/// <summary>An open device of libibverbs.</summary>
internal sealed unsafe class LibIbverbsContext : ProviderContext
{
    private readonly string _name;
    private readonly ConcurrentDictionary<nint, WeakReference<NativeHandle>> _elements = new();

    internal LibIbverbsContext(IbvLibrary library, nint context, string name)
        : base(context)
    {
        Library = library;
        _name = name;
        int descriptor = AsyncEventDescriptor;
        if (descriptor >= 0)
            SetNonBlocking(descriptor);
    }

    internal IbvLibrary Library { get; }

    internal nint Native => handle;

    internal override int AsyncEventDescriptor => *(int*)(handle + IbvContext.AsyncFd);

    internal static void SetNonBlocking(int descriptor) => _ = LibC.FCntl(
        descriptor, LibC.FSetFl, LibC.FCntl(descriptor, LibC.FGetFl, 0) | LibC.ONonBlock);

    /// <summary>Remembers an object by its native address, by which events name it.</summary>
    internal void Remember(nint native, NativeHandle element) =>
        _elements[native] = new WeakReference<NativeHandle>(element);

    /// <summary>Before the native object is destroyed: its address may be another's at once afterwards.</summary>
    internal void Forget(nint native) => _elements.TryRemove(native, out _);

    internal NativeHandle? Find(nint native) =>
        _elements.TryGetValue(native, out WeakReference<NativeHandle>? reference)
        && reference.TryGetTarget(out NativeHandle? element)
            ? element
            : null;

    internal override DeviceAttributes QueryDevice()
    {
        IbvDeviceAttrEx attributes = default;
        nint extended = IbvContext.Extended(handle, IbvContext.QueryDeviceEx);
        if (extended != 0)
        {
            var query = (delegate* unmanaged<nint, void*, IbvDeviceAttrEx*, nuint, int>)extended;
            int result = query(handle, null, &attributes, (nuint)sizeof(IbvDeviceAttrEx));
            if (IbvErrors.Of(result) is not (Errno.EOPNOTSUPP or Errno.ENOSYS))
            {
                IbvErrors.Check(result, "ibv_query_device_ex");
                return Translate(attributes, HasDeviceMemory ? attributes.MaxDmSize : 0);
            }

            attributes = default; // a driver with the function under a kernel without the command
        }

        IbvErrors.Check(Library.QueryDevice(handle, &attributes.Original), "ibv_query_device");
        return Translate(attributes, deviceMemory: 0);
    }

    internal override PortAttributes QueryPort(byte port)
    {
        // Newer libraries write more than ours has.
        byte* room = stackalloc byte[64];
        new Span<byte>(room, 64).Clear();
        var attributes = (IbvPortAttr*)room;
        nint extended = IbvContext.Extended(handle, IbvContext.QueryPort);
        int result = extended != 0
            ? ((delegate* unmanaged<nint, byte, IbvPortAttr*, nuint, int>)extended)(
                handle, port, attributes, IbvContext.PortAttrSize)
            : Library.QueryPort(handle, port, attributes);
        IbvErrors.Check(result, $"ibv_query_port(port {port})");
        return new PortAttributes
        {
            State = (PortState)attributes->State,
            MaxMtu = (Mtu)attributes->MaxMtu,
            ActiveMtu = (Mtu)attributes->ActiveMtu,
            GidTableLength = attributes->GidTblLen,
            CapabilityFlags = attributes->PortCapFlags,
            MaxMessageSize = attributes->MaxMsgSz,
            BadPartitionKeyCount = attributes->BadPkeyCntr,
            QueueKeyViolationCount = attributes->QkeyViolCntr,
            PartitionKeyTableLength = attributes->PkeyTblLen,
            Lid = attributes->Lid,
            SubnetManagerLid = attributes->SmLid,
            LidMaskControl = attributes->Lmc,
            MaxVirtualLanes = attributes->MaxVlNum,
            SubnetManagerServiceLevel = attributes->SmSl,
            SubnetTimeout = attributes->SubnetTimeout,
            InitTypeReply = attributes->InitTypeReply,
            ActiveWidth = attributes->ActiveWidth,
            ActiveSpeed = attributes->ActiveSpeed,
            PhysicalState = attributes->PhysState,
            LinkLayer = (LinkLayer)attributes->LinkLayer,
        };
    }

    internal override IReadOnlyList<GidEntry> QueryGids()
    {
        if (Library.QueryGidTable == null)
            return QueryGidsOneByOne();
        for (int room = 64; ; room *= 4)
        {
            var entries = new IbvGidEntry[room];
            nint count;
            fixed (IbvGidEntry* first = entries)
                count = Library.QueryGidTable(handle, first, (nuint)room, 0, (nuint)sizeof(IbvGidEntry));
            if (count == -(int)Errno.EINVAL && room < 1 << 16)
                continue; // too little room
            if (count < 0)
                throw IbvErrors.Failed("ibv_query_gid_table", (Errno)(-(int)count));
            return
            [
                .. entries[..(int)count].Select(entry => new GidEntry(
                    entry.Gid, (int)entry.GidIndex, (byte)entry.PortNumber, (GidType)entry.GidType,
                    entry.InterfaceIndex, SysFs.InterfaceName(entry.InterfaceIndex))),
            ];
        }
    }

    internal override ushort QueryPartitionKey(byte port, int index)
    {
        ushort key;
        IbvLibrary.ClearError();
        int result = Library.QueryPkey(handle, port, index, &key);
        Errno errno = IbvLibrary.LastError();
        if (result != 0)
            throw IbvErrors.Failed($"ibv_query_pkey(port {port}, index {index})", errno);
        return BinaryPrimitives.ReverseEndianness(key) is var swapped && BitConverter.IsLittleEndian ? swapped : key;
    }

    internal override ProviderDomain AllocateDomain()
    {
        IbvLibrary.ClearError();
        nint domain = Library.AllocPd(handle);
        Errno errno = IbvLibrary.LastError();
        if (domain == 0)
            throw IbvErrors.Failed("ibv_alloc_pd", errno);
        try
        {
            return new IbvDomain(this, domain);
        }
        catch
        {
            Library.DeallocPd(domain);
            throw;
        }
    }

    internal override ProviderCompletionChannel CreateCompletionChannel()
    {
        IbvLibrary.ClearError();
        nint channel = Library.CreateCompChannel(handle);
        Errno errno = IbvLibrary.LastError();
        if (channel == 0)
            throw IbvErrors.Failed("ibv_create_comp_channel", errno);
        try
        {
            return new IbvCompletionChannel(this, channel);
        }
        catch
        {
            Library.DestroyCompChannel(channel);
            throw;
        }
    }

    internal override ProviderCompletionQueue CreateCompletionQueue(
        int entries, ProviderCompletionChannel? channel, int vector)
    {
        nint native = ((IbvCompletionChannel?)channel)?.Native ?? 0;
        IbvLibrary.ClearError();
        nint queue = Library.CreateCq(handle, entries, 0, native, vector);
        Errno errno = IbvLibrary.LastError();
        if (queue == 0)
            throw IbvErrors.Failed($"ibv_create_cq(cqe {entries}, vector {vector})", errno);
        IbvCompletionQueue made;
        try
        {
            made = new IbvCompletionQueue(this, channel, queue);
        }
        catch
        {
            Library.DestroyCq(queue);
            throw;
        }

        Remember(queue, made);
        return made;
    }

    internal override ProviderDeviceMemory AllocateDeviceMemory(nuint length, uint logAlignment)
    {
        string verb = $"ibv_alloc_dm(length {length}, log_align_req {logAlignment})";
        nint allocate = IbvContext.Extended(handle, IbvContext.AllocDm);
        if (allocate == 0 || !HasDeviceMemory)
            throw IbvErrors.Failed(verb, Errno.EOPNOTSUPP, $"the driver of {_name} has no device memory");
        var attributes = new IbvAllocDmAttr { Length = length, LogAlignRequest = logAlignment };
        IbvLibrary.ClearError();
        nint memory = ((delegate* unmanaged<nint, IbvAllocDmAttr*, nint>)allocate)(handle, &attributes);
        Errno errno = IbvLibrary.LastError();
        if (memory == 0)
            throw IbvErrors.Failed(verb, errno);
        try
        {
            return new IbvDeviceMemory(this, memory);
        }
        catch
        {
            ((delegate* unmanaged<nint, int>)IbvContext.Extended(handle, IbvContext.FreeDm))(memory);
            throw;
        }
    }

    internal override bool TryGetAsyncEvent(out AsyncEventType type, out NativeHandle? element, out byte port)
    {
        IbvAsyncEvent asyncEvent;
        type = default;
        element = null;
        port = 0;
        int result;
        Errno errno;
        do
        {
            IbvLibrary.ClearError();
            result = Library.GetAsyncEvent(handle, &asyncEvent);
            errno = IbvLibrary.LastError();
        }
        while (result != 0 && errno == Errno.EINTR);
        if (result != 0)
            return false; // EAGAIN: the descriptor does not block
        type = (AsyncEventType)asyncEvent.EventType;
        switch (type)
        {
            case >= AsyncEventType.PortActive and <= AsyncEventType.SubnetManagerChange:
            case AsyncEventType.ClientReregister or AsyncEventType.GidChange:
                port = (byte)(int)asyncEvent.Element; // the low 4 bytes of the union
                break;
            case AsyncEventType.DeviceFatal:
                break;
            default:
                element = Find(asyncEvent.Element);
                break;
        }

        Library.AckAsyncEvent(&asyncEvent);
        return true;
    }

    protected override bool ReleaseNative() => Library.CloseDevice(handle) == 0;

    private bool HasDeviceMemory => IbvContext.Extended(handle, IbvContext.AllocDm) != 0
        && IbvContext.Extended(handle, IbvContext.FreeDm) != 0
        && IbvContext.Extended(handle, IbvContext.RegDmMr) != 0;

    private List<GidEntry> QueryGidsOneByOne()
    {
        IbvDeviceAttr device;
        IbvErrors.Check(Library.QueryDevice(handle, &device), "ibv_query_device");
        var entries = new List<GidEntry>();
        for (byte port = 1; port <= device.PhysPortCnt; port++)
        {
            int length = QueryPort(port).GidTableLength;
            for (int index = 0; index < length; index++)
            {
                Gid gid = default;
                if (Library.QueryGid(handle, port, index, &gid) == 0 && !gid.IsZero)
                    entries.Add(new GidEntry(gid, index, port, SysFs.GidTypeOf(_name, port, index)));
            }
        }

        return entries;
    }

    private static DeviceAttributes Translate(in IbvDeviceAttrEx extended, ulong deviceMemory)
    {
        IbvDeviceAttr attributes = extended.Original;
        return new DeviceAttributes
        {
            FirmwareVersion = Marshal.PtrToStringUTF8((nint)attributes.FirmwareVersion) ?? "",
            NodeGuid = FromNetwork(attributes.NodeGuid),
            SystemImageGuid = FromNetwork(attributes.SystemImageGuid),
            MaxRegionSize = attributes.MaxMrSize,
            PageSizes = attributes.PageSizeCap,
            VendorId = attributes.VendorId,
            VendorPartId = attributes.VendorPartId,
            HardwareVersion = attributes.HardwareVersion,
            MaxQueuePairs = attributes.MaxQp,
            MaxWorkRequests = attributes.MaxQpWr,
            CapabilityFlags = attributes.DeviceCapFlags,
            MaxElements = attributes.MaxSge,
            MaxReadElements = attributes.MaxSgeRd,
            MaxCompletionQueues = attributes.MaxCq,
            MaxCompletionQueueEntries = attributes.MaxCqe,
            MaxRegions = attributes.MaxMr,
            MaxDomains = attributes.MaxPd,
            MaxReadAtomic = attributes.MaxQpRdAtom,
            MaxInitiatorReadAtomic = attributes.MaxQpInitRdAtom,
            MaxReadAtomicResources = attributes.MaxResRdAtom,
            AtomicCapability = (AtomicCapability)attributes.AtomicCap,
            MaxMemoryWindows = attributes.MaxMw,
            MaxMulticastGroups = attributes.MaxMcastGrp,
            MaxMulticastQueuePairs = attributes.MaxMcastQpAttach,
            MaxTotalMulticastQueuePairs = attributes.MaxTotalMcastQpAttach,
            MaxAddressHandles = attributes.MaxAh,
            MaxSharedReceiveQueues = attributes.MaxSrq,
            MaxSharedReceiveWorkRequests = attributes.MaxSrqWr,
            MaxSharedReceiveElements = attributes.MaxSrqSge,
            MaxPartitionKeys = attributes.MaxPkeys,
            LocalAckDelay = attributes.LocalCaAckDelay,
            PortCount = attributes.PhysPortCnt,
            MaxDeviceMemory = deviceMemory,
        };
    }

    private static ulong FromNetwork(ulong value) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
