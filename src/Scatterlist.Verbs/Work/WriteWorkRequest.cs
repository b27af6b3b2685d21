namespace Scatterlist.Verbs;

/// <summary>
/// Bytes into the peer's memory without its doing (IBV_WR_RDMA_WRITE of ibv_post_send(3)). With immediate data it takes
/// one of the peer's receives and completes there as well.
/// </summary>
public readonly ref struct WriteWorkRequest
{
    internal readonly PartList Parts;

    /// <summary>A write from one piece.</summary>
    /// <param name="element">The bytes.</param>
    /// <param name="target">Where they go: as many, from the target's first on.</param>
    public WriteWorkRequest(GatherElement element, RemoteMemoryRegion target)
    {
        Parts.Hold(element);
        Target = target;
    }

    /// <summary>A write gathered from several pieces.</summary>
    /// <param name="elements">The bytes.</param>
    /// <param name="target">Where they go, in one piece.</param>
    public WriteWorkRequest(ReadOnlySpan<GatherElement> elements, RemoteMemoryRegion target)
    {
        Parts = new PartList(elements);
        Target = target;
    }

    /// <summary>Where the bytes go. A post refuses more bytes than it has.</summary>
    public RemoteMemoryRegion Target { get; }

    /// <summary>Data that a completion of the peer carries, which takes one of its receives.</summary>
    public uint? Immediate { get; init; }

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

    internal SendFlags Flags => (Unsignaled ? 0 : SendFlags.Signaled) | (Fence ? SendFlags.Fence : 0)
        | (Inline ? SendFlags.Inline : 0) | (Solicited ? SendFlags.Solicited : 0);
}
