using System.Globalization;

namespace Scatterlist;

/// <summary>
/// What one transfer did: the bytes that moved and the error, if any. A short count with no error is a success. Once a
/// byte has moved no error is reported with it, except by the full-transfer helpers, which report both.
/// </summary>
public readonly struct IoResult : IEquatable<IoResult>
{
    private readonly ulong _bytes;
    private readonly int _errno;
    private readonly bool _endOfFile;

    private IoResult(ulong bytes, Errno errno, bool endOfFile)
    {
        _bytes = bytes;
        _errno = (int)errno;
        _endOfFile = endOfFile;
    }

    /// <summary>Bytes that moved. Meaningful with an error too: that much was done before it.</summary>
    public ulong Bytes => _bytes;

    /// <summary>The error, or <see cref="Errno.None"/>.</summary>
    public Errno Errno => (Errno)_errno;

    /// <summary>Whether no error occurred. End of file is not an error.</summary>
    public bool IsSuccess => _errno == 0;

    /// <summary>Whether a read of at least one byte met the end of the file, or a peer's end of the stream.</summary>
    public bool IsEndOfFile => _endOfFile;

    /// <summary>A transfer of <paramref name="bytes"/> bytes without error.</summary>
    public static IoResult Success(ulong bytes) => new(bytes, Errno.None, false);

    /// <summary>The end of the file, after <paramref name="bytes"/> bytes.</summary>
    public static IoResult EndOfFile(ulong bytes = 0) => new(bytes, Errno.None, true);

    /// <summary>An error, after <paramref name="bytes"/> bytes had moved.</summary>
    /// <exception cref="ArgumentException"><paramref name="errno"/> is <see cref="Errno.None"/>.</exception>
    public static IoResult Failure(Errno errno, ulong bytes = 0) => errno == Errno.None
        ? throw new ArgumentException("A failure has an errno.", nameof(errno))
        : new(bytes, errno, false);

    /// <inheritdoc/>
    public bool Equals(IoResult other) =>
        _bytes == other._bytes && _errno == other._errno && _endOfFile == other._endOfFile;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IoResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_bytes, _errno, _endOfFile);

    /// <summary>Whether both say the same.</summary>
    public static bool operator ==(IoResult left, IoResult right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(IoResult left, IoResult right) => !left.Equals(right);

    /// <summary>For people: <c>4096 bytes</c>, <c>4096 bytes, end of file</c>, <c>EBADF after 0 bytes</c>.</summary>
    public override string ToString() => _errno != 0
        ? string.Create(CultureInfo.InvariantCulture, $"{Errno.Name()} after {_bytes} bytes")
        : string.Create(CultureInfo.InvariantCulture, $"{_bytes} bytes{(_endOfFile ? ", end of file" : "")}");
}
