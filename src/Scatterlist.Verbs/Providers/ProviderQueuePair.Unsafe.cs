using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.Providers;

/// <summary>
/// A queue pair (struct ibv_qp). It keeps its domain, its completion queues and its shared receive queue. Posting is
/// thread-safe, allocates nothing, and copies what it needs of the entries before it returns.
/// </summary>
internal abstract unsafe class ProviderQueuePair(nint handle, ProviderDomain domain) : ProviderQueue(handle, domain)
{
    /// <summary>
    /// A send flag between ourselves, for providers that guard their posts: inline data are named by their regions'
    /// keys, not by the processor's addresses, and the provider finds them under its own lock.
    /// </summary>
    internal const uint InlineByKey = 0x8000_0000;

    /// <summary>The public object, by which events name it.</summary>
    internal object? Owner { get; set; }

    /// <summary>
    /// Whether posts and the release keep out of each other's way by a lock of the provider's own, so that a post need
    /// not hold a reference: two interlocked instructions less in a call that has few others.
    /// </summary>
    internal bool GuardsPosts { get; init; }

    internal abstract uint Number { get; }

    /// <summary>The sizes that the queues really have.</summary>
    internal abstract QueuePairCapabilities Capabilities { get; }

    /// <summary>EINVAL for a transition or an attribute that the state machine does not allow.</summary>
    internal abstract Errno Modify(in QueuePairAttributes attributes, QueuePairAttributeMask mask);

    internal abstract Errno Query(QueuePairAttributeMask mask, out QueuePairAttributes attributes);

    /// <summary>ENOMEM when the queue is full, EINVAL for a wrong entry or state; the first ones may have been
    /// posted.</summary>
    internal abstract Errno PostSend(SendEntry* entries, int count, out int posted);

    internal abstract Errno PostReceive(ReceiveEntry* entries, int count, out int posted);
}
