using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.Providers.LibIbverbs;

internal sealed unsafe class IbvRegion : ProviderRegion
{
    private readonly IbvDomain _domain;
    private readonly NativeHandle? _owner;

    /// <param name="domain">The domain.</param>
    /// <param name="region">The registered region, which is owned from here on.</param>
    /// <param name="owner">What the region keeps, by a reference that it takes over.</param>
    internal IbvRegion(IbvDomain domain, nint region, NativeHandle? owner)
        : base(region, domain)
    {
        _domain = domain;
        LocalKey = new LocalKey(*(uint*)(region + IbvContext.MrLocalKey));
        RemoteKey = new RemoteKey(*(uint*)(region + IbvContext.MrRemoteKey));
        _owner = owner;
    }

    internal override LocalKey LocalKey { get; }

    internal override RemoteKey RemoteKey { get; }

    protected override bool ReleaseNative()
    {
        bool released = _domain.Context.Library.DeregMr(handle) == 0;
        (_owner as IbvDeviceMemory)?.CountRegion(-1);

        // What is still registered is still the device's to touch: it is leaked rather than freed under it.
        if (released)
            _owner?.DangerousRelease();
        return released;
    }
}

internal sealed unsafe class IbvDeviceMemory(LibIbverbsContext context, nint memory)
    : ProviderDeviceMemory(memory, context)
{
    private int _regions;

    internal LibIbverbsContext Context => context;

    internal nint Native => handle;

    internal override int Regions => Volatile.Read(ref _regions);

    internal void CountRegion(int change) => Interlocked.Add(ref _regions, change);

    internal override Errno CopyTo(nuint offset, byte* source, nuint length)
    {
        var copy = *(delegate* unmanaged<nint, ulong, void*, nuint, int>*)(handle + IbvContext.DmCopyTo);
        return copy == null ? Errno.EOPNOTSUPP : IbvErrors.Of(copy(handle, offset, source, length));
    }

    internal override Errno CopyFrom(nuint offset, byte* destination, nuint length)
    {
        var copy = *(delegate* unmanaged<void*, nint, ulong, nuint, int>*)(handle + IbvContext.DmCopyFrom);
        return copy == null ? Errno.EOPNOTSUPP : IbvErrors.Of(copy(destination, handle, offset, length));
    }

    protected override bool ReleaseNative()
    {
        nint free = IbvContext.Extended(context.Native, IbvContext.FreeDm);
        return free != 0 && ((delegate* unmanaged<nint, int>)free)(handle) == 0;
    }
}

internal sealed unsafe class IbvAddressHandle(IbvDomain domain, nint path) : ProviderAddressHandle(path, domain)
{
    internal override nint NativeObject => handle;

    protected override bool ReleaseNative() => domain.Context.Library.DestroyAh(handle) == 0;
}

internal sealed unsafe class IbvCompletionChannel : ProviderCompletionChannel
{
    private readonly LibIbverbsContext _context;

    internal IbvCompletionChannel(LibIbverbsContext context, nint channel)
        : base(channel, context)
    {
        _context = context;
        LibIbverbsContext.SetNonBlocking(Descriptor);
    }

    internal nint Native => handle;

    internal override int Descriptor => *(int*)(handle + IbvContext.ChannelFd);

    internal override ProviderCompletionQueue? TryTakeEvent()
    {
        while (true)
        {
            nint queue;
            nint queueContext;
            IbvLibrary.ClearError();
            int result = _context.Library.GetCqEvent(handle, &queue, &queueContext);
            Errno errno = IbvLibrary.LastError();
            if (result != 0 && errno == Errno.EINTR)
                continue;
            if (result != 0)
                return null; // EAGAIN: the descriptor does not block

            // Before the acknowledgement: a destroy waits for that, so the address is still the queue's.
            var found = _context.Find(queue) as ProviderCompletionQueue;
            _context.Library.AckCqEvents(queue, 1);
            if (found is not null)
                return found;
        }
    }

    protected override bool ReleaseNative() => _context.Library.DestroyCompChannel(handle) == 0;
}
