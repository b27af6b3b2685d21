using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <summary>A shared receive queue of the soft NIC.</summary>
internal sealed unsafe class SoftSharedReceiveQueue(SoftDomain domain, SharedReceiveQueueAttributes attributes)
    : ProviderSharedReceiveQueue(1, domain)
{
    private readonly ReceiveRing _ring = new(attributes.MaxWorkRequests, attributes.MaxElements);
    private int _limit = attributes.Limit;

    internal SoftDomain Domain { get; } = domain;

    internal int MaxElements => _ring.MaxElements;

    internal int Count => _ring.Count;

    internal override SharedReceiveQueueAttributes Query()
    {
        Domain.Engine.Enter();
        try
        {
            return new SharedReceiveQueueAttributes(_ring.Capacity, _ring.MaxElements, _limit);
        }
        finally
        {
            Domain.Engine.Exit();
        }
    }

    internal override Errno Modify(int? limit, int? maxWorkRequests)
    {
        NicEngine engine = Domain.Engine;
        engine.Enter();
        try
        {
            int capacity = maxWorkRequests ?? _ring.Capacity;
            if (capacity is < 1 or > SoftLimits.MaxWorkRequests || limit < 0 || (limit ?? _limit) > capacity)
                return Errno.EINVAL;
            if (capacity != _ring.Capacity && !_ring.TryResize(capacity))
                return Errno.EINVAL;
            _limit = limit ?? _limit;
            RaiseAtLimit();
            return Errno.None;
        }
        finally
        {
            engine.Exit();
        }
    }

    internal override Errno PostReceive(ReceiveEntry* entries, int count, out int posted)
    {
        NicEngine engine = Domain.Engine;
        engine.Enter();
        try
        {
            Errno errno = Errno.None;
            for (posted = 0; posted < count; posted++)
            {
                errno = IsDisposed ? Errno.EINVAL : _ring.Post(entries + posted);
                if (errno != Errno.None)
                    break;
            }

            return errno;
        }
        finally
        {
            engine.Exit();
        }
    }

    /// <summary>Takes the oldest receive, for a queue pair. Under the engine's lock.</summary>
    internal bool TryTake(out ulong id, Span<ScatterGatherEntry> elements, out int count)
    {
        if (!_ring.TryTake(out id, elements, out count))
            return false;
        RaiseAtLimit();
        return true;
    }

    protected override bool ReleaseNative() => true;

    // Once: the limit is disarmed by its event (ibv_modify_srq(3)).
    private void RaiseAtLimit()
    {
        if (_limit == 0 || _ring.Count >= _limit)
            return;
        _limit = 0;
        Domain.Engine.Raise(AsyncEventType.SharedReceiveQueueLimitReached, this);
    }
}
