namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>
/// A way to one peer: UDP, a ring shared with another process, or the same process. Packets go from their first BTH byte
/// through the padding; a path adds and checks what its medium needs (IP, UDP, ICRC). Used under the engine's lock only.
/// </summary>
internal abstract class PacketPath
{
    /// <summary>Payload bytes that one packet may carry at most on this path; a queue pair uses at most its path MTU
    /// of it, unless <see cref="IsReliable"/>.</summary>
    internal abstract int MaxPayload { get; }

    /// <summary>Whether no packet is ever lost, doubled or reordered while the peer lives: no timer is needed.</summary>
    internal abstract bool IsReliable { get; }

    /// <summary>
    /// Queues one packet. The header is copied; the payload's blocks must stay in place until <see cref="Flush"/>, which
    /// reads them. False: no room now; the caller keeps the packet and is called again by the engine.
    /// </summary>
    /// <param name="header">From the BTH through the last extension header.</param>
    /// <param name="payload">Where the payload lies.</param>
    /// <param name="padding">Zero bytes to append, 0 to 3; the BTH's pad count says the same.</param>
    /// <param name="trafficClass">The IP header's TOS or traffic class byte.</param>
    /// <param name="hopLimit">The IP header's TTL or hop limit.</param>
    internal abstract bool TryQueue(
        ReadOnlySpan<byte> header, ReadOnlySpan<Block> payload, int padding, byte trafficClass, byte hopLimit);

    /// <summary>The longest payload of <see cref="TrySendSmall"/>; 0 where there is no such way.</summary>
    internal virtual uint SmallBytes => 0;

    /// <summary>
    /// Sends one packet at once, with a header that is a BTH alone and so few bytes behind it that it is a store or two;
    /// for a path where that is quicker than <see cref="TryQueue"/> and <see cref="Flush"/>. False: nothing was done, and
    /// those have to do it.
    /// </summary>
    /// <param name="header">The BTH; see <see cref="Wire.HeaderWriter.PackBase"/>.</param>
    /// <param name="payload">Where the payload lies: one piece.</param>
    /// <param name="trafficClass">The IP header's TOS or traffic class byte.</param>
    /// <param name="hopLimit">The IP header's TTL or hop limit.</param>
    internal virtual bool TrySendSmall(
        (ulong First, uint Last) header, Block payload, byte trafficClass, byte hopLimit) => false;

    /// <summary>Sends what is queued; wakes the peer where it sleeps.</summary>
    internal abstract void Flush();

    /// <summary>
    /// Whether the peer is gone for good, its process or its NIC. Packets that are queued from now on go nowhere; what
    /// waits for an answer ends as with the retries exceeded, and a later connection needs a new path.
    /// </summary>
    internal virtual bool IsDead => false;

    /// <summary>Whether the peer is dead and has never taken the path: nothing that was queued was read, and another
    /// path may lead to it.</summary>
    internal virtual bool WasNeverTaken => false;

    /// <summary>Whether the peer has not even looked at all that was sent: so it is no wonder that it is
    /// silent.</summary>
    internal virtual bool HasUnread => false;

    /// <summary>How one-sided operations reach the peer's memory without packets; null where they cannot.</summary>
    internal virtual DirectAccess? Direct => null;

    /// <summary>
    /// For the owner of a region, when its responder has executed an operation that came by this path: lets the peer
    /// repeat the like directly. It must be taken back by the engine's revocations before anything that it says stops
    /// being true. Cheap when the peer has it already; a path may ignore it.
    /// </summary>
    internal virtual void OfferGrant(in GrantOffer offer)
    {
    }

    /// <summary>Packets that may be on their way and not acknowledged, all queue pairs of the path together: what the
    /// receiver's socket buffer surely holds.</summary>
    internal virtual int WindowPackets => 128;

    /// <summary>Packets that the connected queue pairs of a path that may lose some wait for the acknowledgement
    /// of; they keep it up to date.</summary>
    internal int Outstanding { get; set; }

    /// <summary>Whether the window is full: then a queue pair waits until others' packets are acknowledged.</summary>
    internal bool IsWindowFull => Outstanding >= WindowPackets;

    /// <summary>Whether a queue pair that found no room has to wait for <see cref="HasRoom"/>. Else there is room in no
    /// time, and it is asked again and again.</summary>
    internal virtual bool MakesWait => false;

    /// <summary>Whether queue pairs that wait for room may try again.</summary>
    internal virtual bool HasRoom => !IsWindowFull;

    /// <summary>Queue pairs that wait for room, in order; the engine's.</summary>
    internal Queue<NicQueuePair> Waiting { get; } = new();

    /// <summary>Whether packets wait for the end of the engine's section; the engine's.</summary>
    internal bool IsDirty { get; set; }
}
