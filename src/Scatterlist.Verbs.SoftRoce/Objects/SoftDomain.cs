using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Transport;

namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <summary>A protection domain of the soft NIC.</summary>
internal sealed class SoftDomain(SoftContext context) : ProviderDomain(1, context)
{
    private const AccessFlags Known = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead
        | AccessFlags.RemoteAtomic | AccessFlags.MemoryWindowBind | AccessFlags.ZeroBased | AccessFlags.HugePages
        | AccessFlags.RelaxedOrdering;

    private const AccessFlags OfDeviceMemory = AccessFlags.LocalWrite | AccessFlags.RemoteWrite
        | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic | AccessFlags.ZeroBased | AccessFlags.RelaxedOrdering;

    internal SoftContext Context { get; } = context;

    internal NicEngine Engine => Context.Engine;

    internal override ProviderRegion RegisterMemory(
        Block memory, ulong iova, AccessFlags access, NativeHandle? owner, FileDescriptor? shared, ulong sharedOffset)
    {
        const string Verb = "ibv_reg_mr";
        CheckAccess(Verb, memory.Length, access, Known);
        ulong first = (access & AccessFlags.ZeroBased) != 0 ? 0 : iova;
        if (memory.IsEmpty || memory.Length > SoftLimits.MaxRegionSize)
        {
            throw Refused(
                Verb, memory.Length, access, $"A region has 1 to {SoftLimits.MaxRegionSize} bytes.");
        }

        if (memory.Length - 1 > ulong.MaxValue - first)
            throw Refused(Verb, memory.Length, access, $"The region would wrap around the address space at 0x{first:x}.");
        CheckCount(Verb, memory.Length, access);
        return new SoftRegion(this, memory, first, access, owner, shared, sharedOffset);
    }

    internal override ProviderRegion RegisterDeviceMemory(
        ProviderDeviceMemory memory, nuint offset, nuint length, AccessFlags access)
    {
        const string Verb = "ibv_reg_dm_mr";
        if (memory is not SoftDeviceMemory own || own.Context != Context)
            throw Refused(Verb, length, access, "The device memory belongs to another device.");
        if ((access & AccessFlags.ZeroBased) == 0)
            throw Refused(Verb, length, access, "Device memory is registered with AccessFlags.ZeroBased alone.");
        CheckAccess(Verb, length, access, OfDeviceMemory);
        if (length == 0 || offset > own.Length || length > own.Length - offset)
        {
            throw Refused(
                Verb, length, access, $"Offset {offset} and the length reach outside of the memory's {own.Length} bytes.");
        }

        CheckCount(Verb, length, access);
        return new SoftRegion(
            this, own.Memory.Slice(offset, length), 0, access, own, own.Descriptor, offset, deviceMemory: own);
    }

    internal override ProviderRegion RegisterDmaBuf(
        FileDescriptor buffer, ulong offset, nuint length, ulong iova, AccessFlags access) => throw new VerbsException(
            $"ibv_reg_dmabuf_mr(offset {offset}, length {length})",
            Errno.EOPNOTSUPP,
            "The soft NIC reaches host memory and its own device memory only.");

    internal override ProviderSharedReceiveQueue CreateSharedReceiveQueue(SharedReceiveQueueAttributes attributes)
    {
        string verb = $"ibv_create_srq(max_wr {attributes.MaxWorkRequests}, max_sge {attributes.MaxElements})";
        if (attributes.MaxWorkRequests is < 1 or > SoftLimits.MaxWorkRequests)
            throw new VerbsException(verb, Errno.EINVAL, $"max_wr is 1 to {SoftLimits.MaxWorkRequests}.");
        if (attributes.MaxElements is < 0 or > SoftLimits.MaxElements)
            throw new VerbsException(verb, Errno.EINVAL, $"max_sge is 0 to {SoftLimits.MaxElements}.");
        if (attributes.Limit < 0 || attributes.Limit > attributes.MaxWorkRequests)
            throw new VerbsException(verb, Errno.EINVAL, $"The limit {attributes.Limit} is not 0 to max_wr.");
        return new SoftSharedReceiveQueue(this, attributes);
    }

    // The transport's queue pair comes here: SoftQueuePair.Create(this, request).
    internal override ProviderQueuePair CreateQueuePair(QueuePairRequest request) =>
        SoftQueuePair.Create(this, request);

    internal override ProviderAddressHandle CreateAddressHandle(in AddressHandleAttributes attributes)
    {
        string verb = $"ibv_create_ah(dgid {attributes.Destination}, sgid_index {attributes.SourceGidIndex})";
        Engine.CheckAddress(verb, attributes);
        return new SoftAddressHandle(this, attributes);
    }

    protected override bool ReleaseNative() => true;

    private static void CheckAccess(string verb, nuint length, AccessFlags access, AccessFlags known)
    {
        if ((access & ~known) != 0)
            throw Refused(verb, length, access, $"The soft NIC does not know the right {access & ~known}.");
        if ((access & (AccessFlags.RemoteWrite | AccessFlags.RemoteAtomic)) != 0
            && (access & AccessFlags.LocalWrite) == 0)
        {
            throw Refused(verb, length, access, "Remote writes and atomics need LocalWrite too.");
        }
    }

    private static VerbsException Refused(string verb, nuint length, AccessFlags access, string detail) =>
        new($"{verb}(length {length}, access {access})", Errno.EINVAL, detail);

    private void CheckCount(string verb, nuint length, AccessFlags access)
    {
        if (Engine.Regions.Count >= SoftLimits.MaxRegions)
        {
            throw new VerbsException(
                $"{verb}(length {length}, access {access})", Errno.ENOMEM, $"All {SoftLimits.MaxRegions} regions are in use.");
        }
    }
}
