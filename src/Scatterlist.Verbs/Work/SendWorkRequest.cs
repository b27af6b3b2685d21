namespace Scatterlist.Verbs;

/// <summary>
/// A message to the peer (IBV_WR_SEND and its kin of ibv_post_send(3)): it goes where the peer's next receive says. Cut
/// its elements from registered memory; the memory is the device's until the completion.
/// </summary>
public readonly ref struct SendWorkRequest
{
    internal readonly PartList Parts;

    /// <summary>A message without bytes.</summary>
    public SendWorkRequest()
    {
    }

    /// <summary>A message of one piece.</summary>
    public SendWorkRequest(GatherElement element) => Parts.Hold(element);

    /// <summary>A message gathered from several pieces.</summary>
    public SendWorkRequest(ReadOnlySpan<GatherElement> elements) => Parts = new PartList(elements);

    /// <summary>Data that the peer's completion carries.</summary>
    public uint? Immediate { get; init; }

    /// <summary>The peer's key that is made void by the arrival; not together with <see cref="Immediate"/>.</summary>
    public RemoteKey? Invalidate { get; init; }

    /// <summary>Where a datagram goes; needed by datagram queue pairs, refused by others.</summary>
    public DatagramDestination? Destination { get; init; }

    /// <summary>
    /// Whether the bytes are copied during the post, so that the memory is free again at once. At most
    /// <see cref="QueuePairCapabilities.MaxInlineBytes"/> of the queue pair.
    /// </summary>
    public bool Inline { get; init; }

    /// <summary>Whether the completion is left out when the work succeeds. Default: every request completes.</summary>
    public bool Unsignaled { get; init; }

    /// <summary>Whether it waits for earlier reads and atomic operations of the queue.</summary>
    public bool Fence { get; init; }

    /// <summary>Whether the peer's completion counts as solicited, for queues that asked for such events only.</summary>
    public bool Solicited { get; init; }

    /// <summary>Whether it carries nothing but its elements, and goes to the one peer that there is.</summary>
    internal bool IsPlain => !(Immediate.HasValue | Invalidate.HasValue | Destination.HasValue);

    internal SendFlags Flags => (Unsignaled ? 0 : SendFlags.Signaled) | (Fence ? SendFlags.Fence : 0)
        | (Inline ? SendFlags.Inline : 0) | (Solicited ? SendFlags.Solicited : 0);

    /// <summary>A message of immediate data alone.</summary>
    public static SendWorkRequest OnlyImmediate(uint immediate) => new() { Immediate = immediate };
}
