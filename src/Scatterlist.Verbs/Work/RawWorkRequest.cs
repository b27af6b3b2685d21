namespace Scatterlist.Verbs;

/// <summary>
/// A work request of plain numbers, for <see cref="QueuePair.PostSendUnsafe"/>: nothing is checked here, and nothing keeps
/// the memory. The device checks the keys.
/// </summary>
public readonly ref struct RawWorkRequest
{
    /// <summary>What to do.</summary>
    public WorkRequestOpcode Opcode { get; init; }

    /// <summary>How; without <see cref="SendFlags.Signaled"/> there is no completion for a success.</summary>
    public SendFlags Flags { get; init; }

    /// <summary>The local memory. Inline data are read from these addresses during the post.</summary>
    public ReadOnlySpan<RawElement> Elements { get; init; }

    /// <summary>The peer's address, of writes, reads and atomic operations.</summary>
    public RemoteAddress RemoteAddress { get; init; }

    /// <summary>The peer's key, of writes, reads and atomic operations.</summary>
    public RemoteKey RemoteKey { get; init; }

    /// <summary>The immediate data, of the opcodes that have some.</summary>
    public uint Immediate { get; init; }

    /// <summary>The key to make void, of <see cref="WorkRequestOpcode.SendWithInvalidate"/>.</summary>
    public RemoteKey InvalidateKey { get; init; }

    /// <summary>What compare-and-swap compares with, or what fetch-and-add adds.</summary>
    public ulong CompareOrAdd { get; init; }

    /// <summary>What compare-and-swap puts.</summary>
    public ulong Swap { get; init; }

    /// <summary>Where a datagram goes.</summary>
    public DatagramDestination? Destination { get; init; }
}
