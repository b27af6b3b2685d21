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

    /// <summary>
    /// The most bytes of a message that <see cref="TrySendSmall"/> is worth a try for; 0: none. Read without a lock, so it
    /// may be out of date.
    /// </summary>
    internal uint SmallBytes { get; private protected set; }

    internal abstract uint Number { get; }

    /// <summary>The sizes that the queues really have.</summary>
    internal abstract QueuePairCapabilities Capabilities { get; }

    /// <summary>EINVAL for a transition or an attribute that the state machine does not allow.</summary>
    internal abstract Errno Modify(in QueuePairAttributes attributes, QueuePairAttributeMask mask);

    internal abstract Errno Query(QueuePairAttributeMask mask, out QueuePairAttributes attributes);

    /// <summary>ENOMEM when the queue is full, EINVAL for a wrong entry or state; the first ones may have been
    /// posted.</summary>
    internal abstract Errno PostSend(SendEntry* entries, int count, out int posted);

    /// <summary>
    /// Posts the usual small message: one piece, and nothing but it. For providers that guard their posts and have a
    /// shorter way for it.
    /// </summary>
    /// <param name="id">What the completion carries.</param>
    /// <param name="flags">Its flags; inline data are named by key as well.</param>
    /// <param name="piece">Its bytes, which are not 0, nor more than <see cref="SmallBytes"/>.</param>
    /// <returns>False: nothing was done, and it is to be posted by <see cref="PostSend"/>, which knows every case.
    /// </returns>
    internal virtual bool TrySendSmall(ulong id, SendFlags flags, in ScatterGatherEntry piece) => false;

    internal abstract Errno PostReceive(ReceiveEntry* entries, int count, out int posted);
}
