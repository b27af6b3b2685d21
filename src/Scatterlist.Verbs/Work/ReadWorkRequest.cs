namespace Scatterlist.Verbs;

/// <summary>Bytes out of the peer's memory without its doing (IBV_WR_RDMA_READ of ibv_post_send(3)).</summary>
public readonly ref struct ReadWorkRequest
{
    internal readonly PartList Parts;

    /// <summary>A read into one piece.</summary>
    /// <param name="element">Where the bytes go; its length is what is read.</param>
    /// <param name="source">Where they come from, from the source's first on.</param>
    public ReadWorkRequest(ScatterElement element, RemoteMemoryRegion source)
    {
        Parts.Hold(element);
        Source = source;
    }

    /// <summary>A read scattered over several pieces.</summary>
    /// <param name="elements">Where the bytes go.</param>
    /// <param name="source">Where they come from, in one piece.</param>
    public ReadWorkRequest(ReadOnlySpan<ScatterElement> elements, RemoteMemoryRegion source)
    {
        Parts = new PartList(elements);
        Source = source;
    }

    /// <summary>Where the bytes come from. A post refuses more bytes than it has.</summary>
    public RemoteMemoryRegion Source { get; }

    /// <summary>Whether the completion is left out when the work succeeds. Default: every request completes.</summary>
    public bool Unsignaled { get; init; }

    /// <summary>Whether it waits for earlier reads and atomic operations of the queue.</summary>
    public bool Fence { get; init; }

    internal SendFlags Flags => (Unsignaled ? 0 : SendFlags.Signaled) | (Fence ? SendFlags.Fence : 0);
}
