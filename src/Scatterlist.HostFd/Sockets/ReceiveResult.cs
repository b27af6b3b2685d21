using System.Globalization;

namespace Scatterlist.HostFd;

/// <summary>What one receive did.</summary>
public readonly struct ReceiveResult : IEquatable<ReceiveResult>
{
    private readonly ulong _bytes;
    private readonly int _errno;
    private readonly byte _flags;

    internal ReceiveResult(ulong bytes, bool endOfFile, bool truncated, bool controlTruncated)
    {
        _bytes = bytes;
        _flags = (byte)((endOfFile ? 1 : 0) | (truncated ? 2 : 0) | (controlTruncated ? 4 : 0));
    }

    internal ReceiveResult(Errno errno) => _errno = (int)errno;

    /// <summary>Bytes received.</summary>
    public ulong Bytes => _bytes;

    /// <summary>
    /// The error, or <see cref="Errno.None"/>. <see cref="Errno.ECANCELED"/>: the socket was disposed during the call.
    /// </summary>
    public Errno Errno => (Errno)_errno;

    /// <summary>Whether no error occurred.</summary>
    public bool IsSuccess => _errno == 0;

    /// <summary>
    /// Whether the peer will send nothing more. On a SEQPACKET socket an empty message looks the same, unless
    /// descriptors came with it.
    /// </summary>
    public bool IsEndOfFile => (_flags & 1) != 0;

    /// <summary>Whether the message was longer than the buffer and its rest is lost (MSG_TRUNC).</summary>
    public bool IsTruncated => (_flags & 2) != 0;

    /// <summary>
    /// Whether descriptors that came along had no room, or no process to be in (EMFILE), and were closed (MSG_CTRUNC).
    /// </summary>
    public bool IsControlTruncated => (_flags & 4) != 0;

    /// <inheritdoc/>
    public bool Equals(ReceiveResult other) =>
        _bytes == other._bytes && _errno == other._errno && _flags == other._flags;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ReceiveResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_bytes, _errno, _flags);

    /// <summary>Whether both say the same.</summary>
    public static bool operator ==(ReceiveResult left, ReceiveResult right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(ReceiveResult left, ReceiveResult right) => !left.Equals(right);

    /// <summary>For people.</summary>
    public override string ToString() => _errno != 0
        ? Errno.Name()
        : string.Create(CultureInfo.InvariantCulture, $"{_bytes} bytes{(IsEndOfFile ? ", end of file" : "")}")
            + (IsTruncated ? ", truncated" : "") + (IsControlTruncated ? ", descriptors lost" : "");
}
