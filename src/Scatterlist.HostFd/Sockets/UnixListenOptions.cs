namespace Scatterlist.HostFd;

/// <summary>How <see cref="UnixSocket.Listen"/> makes its socket file. Immutable.</summary>
public sealed record UnixListenOptions
{
    /// <summary>The defaults: for the user alone.</summary>
    public static UnixListenOptions Default { get; } = new();

    /// <summary>
    /// Who may connect: write permission on the socket file (unix(7)). In force from the moment the file exists.
    /// Default: the user alone (0600).
    /// </summary>
    public UnixFileMode Mode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Connections that may wait to be accepted; the kernel caps it at net.core.somaxconn. Default: 128.
    /// </summary>
    public int Backlog { get; init; } = 128;
}
