using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.Providers.LibIbverbs;

internal sealed unsafe class IbvCompletionQueue : ProviderCompletionQueue
{
    private readonly LibIbverbsContext _context;
    private readonly delegate* unmanaged<nint, int, WorkCompletion*, int> _poll;
    private readonly delegate* unmanaged<nint, int, int> _requestNotification;

    internal IbvCompletionQueue(LibIbverbsContext context, ProviderCompletionChannel? channel, nint queue)
        : base(queue, channel is null ? context : channel)
    {
        _context = context;
        nint native = IbvContext.Of(queue);
        _poll = (delegate* unmanaged<nint, int, WorkCompletion*, int>)IbvContext.Operation(native, IbvContext.PollCq);
        _requestNotification =
            (delegate* unmanaged<nint, int, int>)IbvContext.Operation(native, IbvContext.RequestNotifyCq);
    }

    internal nint Native => handle;

    internal override int Capacity => *(int*)(handle + IbvContext.CqEntries);

    internal override int Poll(Span<WorkCompletion> completions)
    {
        if (_poll == null)
            return -(int)Errno.EOPNOTSUPP;
        fixed (WorkCompletion* first = completions)
        {
            int count = _poll(handle, completions.Length, first); // WorkCompletion is struct ibv_wc
            return count >= 0 ? count : -(int)IbvErrors.Of(count);
        }
    }

    internal override Errno RequestNotification(bool solicitedOnly) => _requestNotification == null
        ? Errno.EOPNOTSUPP
        : IbvErrors.Of(_requestNotification(handle, solicitedOnly ? 1 : 0));

    internal override Errno Resize(int entries) => IbvErrors.Of(_context.Library.ResizeCq(handle, entries));

    protected override bool ReleaseNative()
    {
        _context.Forget(handle);
        return _context.Library.DestroyCq(handle) == 0;
    }
}

internal sealed unsafe class IbvSharedReceiveQueue : ProviderSharedReceiveQueue
{
    private const int MaxWrBit = 1;
    private const int LimitBit = 2;

    private readonly IbvDomain _domain;
    private readonly delegate* unmanaged<nint, ReceiveEntry*, ReceiveEntry**, int> _post;

    internal IbvSharedReceiveQueue(IbvDomain domain, nint queue)
        : base(queue, domain)
    {
        _domain = domain;
        _post = (delegate* unmanaged<nint, ReceiveEntry*, ReceiveEntry**, int>)IbvContext.Operation(
            IbvContext.Of(queue), IbvContext.PostSrqRecv);
    }

    internal nint Native => handle;

    internal override SharedReceiveQueueAttributes Query()
    {
        IbvSrqAttr native;
        IbvErrors.Check(_domain.Context.Library.QuerySrq(handle, &native), "ibv_query_srq");
        return new SharedReceiveQueueAttributes((int)native.MaxWr, (int)native.MaxSge, (int)native.SrqLimit);
    }

    internal override Errno Modify(int? limit, int? maxWorkRequests)
    {
        var native = new IbvSrqAttr { SrqLimit = (uint)(limit ?? 0), MaxWr = (uint)(maxWorkRequests ?? 0) };
        int mask = (limit is null ? 0 : LimitBit) | (maxWorkRequests is null ? 0 : MaxWrBit);
        return IbvErrors.Of(_domain.Context.Library.ModifySrq(handle, &native, mask));
    }

    internal override Errno PostReceive(ReceiveEntry* entries, int count, out int posted) =>
        IbvQueuePair.PostReceive(_post, handle, entries, count, out posted);

    protected override bool ReleaseNative()
    {
        _domain.Context.Forget(handle);
        return _domain.Context.Library.DestroySrq(handle) == 0;
    }
}

internal sealed unsafe class IbvQueuePair : ProviderQueuePair
{
    private readonly IbvDomain _domain;
    private readonly QueuePairRequest _request;
    private readonly IbvBatch? _batch;
    private readonly delegate* unmanaged<nint, SendEntry*, SendEntry**, int> _postSend;
    private readonly delegate* unmanaged<nint, ReceiveEntry*, ReceiveEntry**, int> _postReceive;

    internal IbvQueuePair(
        IbvDomain domain, nint queuePair, QueuePairRequest request, QueuePairCapabilities capabilities,
        IbvBatch? batch)
        : base(queuePair, domain)
    {
        _domain = domain;
        _request = request;
        _batch = batch;
        Capabilities = capabilities;
        Number = *(uint*)(queuePair + IbvContext.QpNumber);
        nint context = IbvContext.Of(queuePair);
        _postSend = (delegate* unmanaged<nint, SendEntry*, SendEntry**, int>)IbvContext.Operation(
            context, IbvContext.PostSend);
        _postReceive = (delegate* unmanaged<nint, ReceiveEntry*, ReceiveEntry**, int>)IbvContext.Operation(
            context, IbvContext.PostRecv);
        bool held = false;
        request.SendCompletionQueue.DangerousAddRef(ref held);
        held = false;
        request.ReceiveCompletionQueue.DangerousAddRef(ref held);
        held = false;
        request.SharedReceiveQueue?.DangerousAddRef(ref held);
    }

    internal override uint Number { get; }

    internal override QueuePairCapabilities Capabilities { get; }

    /// <summary>Whether batches are posted by the driver's own functions (ibv_wr_post(3)).</summary>
    internal bool HasBatchFunctions => _batch is not null;

    internal static Errno PostReceive(
        delegate* unmanaged<nint, ReceiveEntry*, ReceiveEntry**, int> post, nint queue, ReceiveEntry* entries,
        int count, out int posted)
    {
        posted = 0;
        if (post == null)
            return Errno.EOPNOTSUPP;
        ReceiveEntry* refused = null;
        int result = post(queue, entries, &refused);
        posted = result == 0 ? count : refused is null ? 0 : (int)(refused - entries);
        return IbvErrors.Of(result);
    }

    internal override Errno Modify(in QueuePairAttributes attributes, QueuePairAttributeMask mask)
    {
        IbvQpAttr native = IbvTranslation.ToNative(attributes);
        return IbvErrors.Of(_domain.Context.Library.ModifyQp(handle, &native, (int)mask));
    }

    internal override Errno Query(QueuePairAttributeMask mask, out QueuePairAttributes attributes)
    {
        IbvQpAttr native = default;
        IbvQpInitAttr init = default;
        int result = _domain.Context.Library.QueryQp(handle, &native, (int)mask, &init);
        attributes = result == 0 ? IbvTranslation.FromNative(native) : default;
        return IbvErrors.Of(result);
    }

    internal override Errno PostSend(SendEntry* entries, int count, out int posted)
    {
        posted = 0;
        if (count > 1 && _batch is not null && _batch.Takes(entries, count) && _batch.Post(entries, count) == Errno.None)
        {
            posted = count;
            return Errno.None;
        }

        // One by one; or none was posted, and here the first ones are, up to the one that is refused.
        if (_postSend == null)
            return Errno.EOPNOTSUPP;
        SendEntry* refused = null;
        int result = _postSend(handle, entries, &refused);
        posted = result == 0 ? count : refused is null ? 0 : (int)(refused - entries);
        return IbvErrors.Of(result);
    }

    internal override Errno PostReceive(ReceiveEntry* entries, int count, out int posted) =>
        PostReceive(_postReceive, handle, entries, count, out posted);

    protected override bool ReleaseNative()
    {
        _domain.Context.Forget(handle);
        bool released = _domain.Context.Library.DestroyQp(handle) == 0;
        _request.SendCompletionQueue.DangerousRelease();
        _request.ReceiveCompletionQueue.DangerousRelease();
        _request.SharedReceiveQueue?.DangerousRelease();
        return released;
    }
}
