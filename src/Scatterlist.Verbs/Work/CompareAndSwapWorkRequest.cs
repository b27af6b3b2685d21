namespace Scatterlist.Verbs;

/// <summary>
/// Puts a number into the peer's memory if another one is there (IBV_WR_ATOMIC_CMP_AND_SWP of ibv_post_send(3)). What was
/// there comes back in any case.
/// </summary>
public readonly ref struct CompareAndSwapWorkRequest
{
    internal readonly PartList Parts;

    /// <summary>Puts a request together.</summary>
    /// <param name="result">Where the earlier number goes: 8 bytes, in this machine's order.</param>
    /// <param name="target">The number: 8 bytes, aligned to 8, in the peer's order.</param>
    /// <param name="compare">What must be there.</param>
    /// <param name="swap">What is put there then.</param>
    public CompareAndSwapWorkRequest(ScatterElement result, RemoteMemoryRegion target, ulong compare, ulong swap)
    {
        Parts.Hold(result);
        Target = target;
        Compare = compare;
        Swap = swap;
    }

    /// <summary>The number in the peer's memory.</summary>
    public RemoteMemoryRegion Target { get; }

    /// <summary>What must be there.</summary>
    public ulong Compare { get; }

    /// <summary>What is put there then.</summary>
    public ulong Swap { get; }

    /// <summary>Whether the completion is left out when the work succeeds. Default: every request completes.</summary>
    public bool Unsignaled { get; init; }

    /// <summary>Whether it waits for earlier reads and atomic operations of the queue.</summary>
    public bool Fence { get; init; }

    internal SendFlags Flags => (Unsignaled ? 0 : SendFlags.Signaled) | (Fence ? SendFlags.Fence : 0);
}
