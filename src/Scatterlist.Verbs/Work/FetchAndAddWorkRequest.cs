namespace Scatterlist.Verbs;

/// <summary>
/// Adds to a number in the peer's memory (IBV_WR_ATOMIC_FETCH_AND_ADD of ibv_post_send(3)). What was there comes back.
/// </summary>
public readonly ref struct FetchAndAddWorkRequest
{
    internal readonly PartList Parts;

    /// <summary>Puts a request together.</summary>
    /// <param name="result">Where the earlier number goes: 8 bytes, in this machine's order.</param>
    /// <param name="target">The number: 8 bytes, aligned to 8, in the peer's order.</param>
    /// <param name="add">What is added; the sum wraps around.</param>
    public FetchAndAddWorkRequest(ScatterElement result, RemoteMemoryRegion target, ulong add)
    {
        Parts.Hold(result);
        Target = target;
        Add = add;
    }

    /// <summary>The number in the peer's memory.</summary>
    public RemoteMemoryRegion Target { get; }

    /// <summary>What is added; the sum wraps around.</summary>
    public ulong Add { get; }

    /// <summary>Whether the completion is left out when the work succeeds. Default: every request completes.</summary>
    public bool Unsignaled { get; init; }

    /// <summary>Whether it waits for earlier reads and atomic operations of the queue.</summary>
    public bool Fence { get; init; }

    internal SendFlags Flags => (Unsignaled ? 0 : SendFlags.Signaled) | (Fence ? SendFlags.Fence : 0);
}
