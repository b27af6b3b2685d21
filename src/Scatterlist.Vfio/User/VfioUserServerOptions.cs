namespace Scatterlist.Vfio;

/// <summary>How a vfio-user server serves. Immutable.</summary>
public sealed record VfioUserServerOptions
{
    /// <summary>The defaults.</summary>
    public static VfioUserServerOptions Default { get; } = new();

    /// <summary>Who may connect: write permission on the socket file. Default: the user alone (0600).</summary>
    public UnixFileMode Mode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The most connections at a time; others are closed at once. Default: 64.</summary>
    public int MaxConnections { get; init; } = 64;

    /// <summary>
    /// How long a client may take for its first message, for the rest of a message that it began, for taking an answer,
    /// and for answering a DMA request. Then it is disconnected. Default: 10 seconds.
    /// </summary>
    public TimeSpan PeerTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The smallest page of DMA mappings, in bytes, a power of two. Default: 4096.</summary>
    public uint PageSize { get; init; } = 4096;
}
