using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.Providers.LibIbverbs;

internal sealed unsafe class IbvDomain(LibIbverbsContext context, nint domain) : ProviderDomain(domain, context)
{
    // Optional rights are passed on by ibv_reg_mr_iova2 alone, which leaves out what the device lacks.
    private const AccessFlags Optional = AccessFlags.RelaxedOrdering;

    internal LibIbverbsContext Context => context;

    internal nint Native => handle;

    private IbvLibrary Library => context.Library;

    internal override ProviderRegion RegisterMemory(
        Block memory, ulong iova, AccessFlags access, NativeHandle? owner, FileDescriptor? shared, ulong sharedOffset)
    {
        string verb = $"ibv_reg_mr(length {memory.Length}, access {access})";

        // A zero-based region is one at the address 0; the flag itself is for device memory.
        AccessFlags rights = access & ~AccessFlags.ZeroBased;
        nint region;
        Errno errno;
        if (Library.RegMrIova2 != null)
        {
            region = Library.RegMrIova2(handle, memory.Address, memory.Length, iova, (uint)rights);
            errno = IbvLibrary.LastError();
        }
        else if (iova == (ulong)memory.Address)
        {
            region = Library.RegMr(handle, memory.Address, memory.Length, (int)(rights & ~Optional));
            errno = IbvLibrary.LastError();
        }
        else
        {
            throw IbvErrors.Failed(
                verb, Errno.EOPNOTSUPP, "this libibverbs registers memory at its own address alone (before 1.8)");
        }

        if (region != 0)
            return new IbvRegion(this, region, owner);
        ulong page = HostBuffer.BasePageSize - 1;
        string? detail = errno == Errno.EINVAL && (iova & page) != ((ulong)memory.Address & page)
            ? $"the memory and the address 0x{iova:x} of its region lie at different places of their pages"
            : null;
        throw IbvErrors.Failed(
            verb, errno, detail, errno is Errno.ENOMEM or Errno.EPERM ? Remedies.LockedMemory(memory.Length) : null);
    }

    internal override ProviderRegion RegisterDeviceMemory(
        ProviderDeviceMemory memory, nuint offset, nuint length, AccessFlags access)
    {
        string verb = $"ibv_reg_dm_mr(offset {offset}, length {length}, access {access})";
        if (memory is not IbvDeviceMemory own || !ReferenceEquals(own.Context, context))
            throw IbvErrors.Failed(verb, Errno.EINVAL, "the memory is of another device");
        nint register = IbvContext.Extended(context.Native, IbvContext.RegDmMr);
        if (register == 0)
            throw IbvErrors.Failed(verb, Errno.EOPNOTSUPP);
        nint region = ((delegate* unmanaged<nint, nint, ulong, nuint, uint, nint>)register)(
            handle, own.Native, offset, length, (uint)access);
        Errno errno = IbvLibrary.LastError();
        if (region == 0)
            throw IbvErrors.Failed(verb, errno);
        own.CountRegion(1);
        return new IbvRegion(this, region, own);
    }

    internal override ProviderRegion RegisterDmaBuf(
        FileDescriptor buffer, ulong offset, nuint length, ulong iova, AccessFlags access)
    {
        string verb = $"ibv_reg_dmabuf_mr(offset {offset}, length {length}, access {access})";
        if (Library.RegDmaBufMr == null)
            throw IbvErrors.Failed(verb, Errno.EOPNOTSUPP, "this libibverbs has no dma-buf (before 1.12)");
        nint region = Library.RegDmaBufMr(handle, offset, length, iova, buffer.Value, (int)access);
        Errno errno = IbvLibrary.LastError();
        return region != 0 ? new IbvRegion(this, region, buffer) : throw IbvErrors.Failed(verb, errno);
    }

    internal override ProviderSharedReceiveQueue CreateSharedReceiveQueue(SharedReceiveQueueAttributes attributes)
    {
        var init = new IbvSrqInitAttr
        {
            Attr = new IbvSrqAttr
            {
                MaxWr = (uint)attributes.MaxWorkRequests,
                MaxSge = (uint)attributes.MaxElements,
                SrqLimit = (uint)attributes.Limit,
            },
        };
        nint queue = Library.CreateSrq(handle, &init);
        Errno errno = IbvLibrary.LastError();
        return queue != 0
            ? new IbvSharedReceiveQueue(this, queue)
            : throw IbvErrors.Failed($"ibv_create_srq({attributes})", errno);
    }

    internal override ProviderQueuePair CreateQueuePair(QueuePairRequest request)
    {
        QueuePairCapabilities asked = request.Capabilities;
        var init = new IbvQpInitAttr
        {
            SendCq = ((IbvCompletionQueue)request.SendCompletionQueue).Native,
            RecvCq = ((IbvCompletionQueue)request.ReceiveCompletionQueue).Native,
            Srq = ((IbvSharedReceiveQueue?)request.SharedReceiveQueue)?.Native ?? 0,
            Cap = IbvTranslation.ToNative(asked),
            QpType = (int)request.Type,
            SqSigAll = request.SignalsAll ? 1 : 0,
        };
        nint queuePair = Library.CreateQp(handle, &init);
        Errno errno = IbvLibrary.LastError();
        return queuePair != 0
            ? new IbvQueuePair(this, queuePair, request, IbvTranslation.FromNative(init.Cap))
            : throw IbvErrors.Failed(
                $"ibv_create_qp({request.Type}, {asked})", errno,
                errno == Errno.EINVAL ? "a size is past what the device has for this type of queue pair" : null);
    }

    internal override ProviderAddressHandle CreateAddressHandle(in AddressHandleAttributes attributes)
    {
        IbvAhAttr native = IbvTranslation.ToNative(attributes);
        nint path = Library.CreateAh(handle, &native);
        Errno errno = IbvLibrary.LastError();
        return path != 0
            ? new IbvAddressHandle(this, path)
            : throw IbvErrors.Failed($"ibv_create_ah({attributes.Destination})", errno);
    }

    protected override bool ReleaseNative() => Library.DeallocPd(handle) == 0;
}
