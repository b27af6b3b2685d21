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
            IbvLibrary.ClearError();
            region = Library.RegMrIova2(handle, memory.Address, memory.Length, iova, (uint)rights);
            errno = IbvLibrary.LastError();
        }
        else if (iova == (ulong)memory.Address)
        {
            IbvLibrary.ClearError();
            region = Library.RegMr(handle, memory.Address, memory.Length, (int)(rights & ~Optional));
            errno = IbvLibrary.LastError();
        }
        else
        {
            throw IbvErrors.Failed(
                verb, Errno.EOPNOTSUPP, "this libibverbs registers memory at its own address alone (before 1.8)");
        }

        if (region != 0)
            return Own(region, owner);
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
        IbvLibrary.ClearError();
        nint region = ((delegate* unmanaged<nint, nint, ulong, nuint, uint, nint>)register)(
            handle, own.Native, offset, length, (uint)access);
        Errno errno = IbvLibrary.LastError();
        if (region == 0)
            throw IbvErrors.Failed(verb, errno);
        IbvRegion made = Own(region, own);
        own.CountRegion(1);
        return made;
    }

    internal override ProviderRegion RegisterDmaBuf(
        FileDescriptor buffer, ulong offset, nuint length, ulong iova, AccessFlags access)
    {
        string verb = $"ibv_reg_dmabuf_mr(offset {offset}, length {length}, access {access})";
        if (Library.RegDmaBufMr == null)
            throw IbvErrors.Failed(verb, Errno.EOPNOTSUPP, "this libibverbs has no dma-buf (before 1.12)");
        IbvLibrary.ClearError();
        nint region = Library.RegDmaBufMr(handle, offset, length, iova, buffer.Value, (int)access);
        Errno errno = IbvLibrary.LastError();
        return region != 0 ? Own(region, buffer) : throw IbvErrors.Failed(verb, errno);
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
        IbvLibrary.ClearError();
        nint queue = Library.CreateSrq(handle, &init);
        Errno errno = IbvLibrary.LastError();
        if (queue == 0)
            throw IbvErrors.Failed($"ibv_create_srq({attributes})", errno);
        IbvSharedReceiveQueue made;
        try
        {
            made = new IbvSharedReceiveQueue(this, queue);
        }
        catch
        {
            Library.DestroySrq(queue);
            throw;
        }

        context.Remember(queue, made);
        return made;
    }

    internal override ProviderQueuePair CreateQueuePair(QueuePairRequest request)
    {
        IbvBatch? batch = null;
        nint queuePair = CreateExtended(request, out IbvQpCap capabilities);
        if (queuePair != 0)
            batch = IbvBatch.Of(Library.QpToQpEx(queuePair), request.Type);
        else
            queuePair = CreatePlain(request, out capabilities);
        IbvQueuePair made;
        try
        {
            made = new IbvQueuePair(this, queuePair, request, IbvTranslation.FromNative(capabilities), batch);
        }
        catch
        {
            Library.DestroyQp(queuePair);
            throw;
        }

        context.Remember(queuePair, made);
        return made;
    }

    internal override ProviderAddressHandle CreateAddressHandle(in AddressHandleAttributes attributes)
    {
        IbvAhAttr native = IbvTranslation.ToNative(attributes);
        IbvLibrary.ClearError();
        nint path = Library.CreateAh(handle, &native);
        Errno errno = IbvLibrary.LastError();
        if (path == 0)
            throw IbvErrors.Failed($"ibv_create_ah({attributes.Destination})", errno);
        try
        {
            return new IbvAddressHandle(this, path);
        }
        catch
        {
            Library.DestroyAh(path);
            throw;
        }
    }

    /// <summary>Makes a queue pair that takes batches by ibv_wr_*; 0 where the library, the driver or the device cannot.
    /// </summary>
    private nint CreateExtended(QueuePairRequest request, out IbvQpCap capabilities)
    {
        capabilities = default;
        nint create = IbvContext.Extended(context.Native, IbvContext.CreateQpEx);
        if (create == 0 || Library.QpToQpEx == null)
            return 0;
        var init = new IbvQpInitAttrEx
        {
            SendCq = ((IbvCompletionQueue)request.SendCompletionQueue).Native,
            RecvCq = ((IbvCompletionQueue)request.ReceiveCompletionQueue).Native,
            Srq = ((IbvSharedReceiveQueue?)request.SharedReceiveQueue)?.Native ?? 0,
            Cap = IbvTranslation.ToNative(request.Capabilities),
            QpType = (int)request.Type,
            SqSigAll = request.SignalsAll ? 1 : 0,
            CompMask = IbvQpEx.MaskDomain | IbvQpEx.MaskSendOperations,
            Pd = handle,
            SendOpsFlags = IbvBatch.OperationsOf(request.Type),
        };
        nint queuePair = ((delegate* unmanaged<nint, IbvQpInitAttrEx*, nint>)create)(context.Native, &init);
        capabilities = init.Cap;
        return queuePair;
    }

    private nint CreatePlain(QueuePairRequest request, out IbvQpCap capabilities)
    {
        var init = new IbvQpInitAttr
        {
            SendCq = ((IbvCompletionQueue)request.SendCompletionQueue).Native,
            RecvCq = ((IbvCompletionQueue)request.ReceiveCompletionQueue).Native,
            Srq = ((IbvSharedReceiveQueue?)request.SharedReceiveQueue)?.Native ?? 0,
            Cap = IbvTranslation.ToNative(request.Capabilities),
            QpType = (int)request.Type,
            SqSigAll = request.SignalsAll ? 1 : 0,
        };
        IbvLibrary.ClearError();
        nint queuePair = Library.CreateQp(handle, &init);
        Errno errno = IbvLibrary.LastError();
        if (queuePair == 0)
        {
            throw IbvErrors.Failed(
                $"ibv_create_qp({request.Type}, {request.Capabilities})", errno,
                errno == Errno.EINVAL ? "a size is past what the device has for this type of queue pair" : null);
        }

        capabilities = init.Cap;
        return queuePair;
    }

    /// <summary>Makes the owner of a new region; without one it is deregistered again.</summary>
    private IbvRegion Own(nint region, NativeHandle? owner)
    {
        bool held = false;
        try
        {
            owner?.DangerousAddRef(ref held);
            return new IbvRegion(this, region, owner);
        }
        catch
        {
            Library.DeregMr(region);
            if (held)
                owner!.DangerousRelease();
            throw;
        }
    }

    protected override bool ReleaseNative() => Library.DeallocPd(handle) == 0;
}
