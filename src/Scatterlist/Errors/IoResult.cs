using System.Globalization;

namespace Scatterlist;

/// <summary>
/// What one transfer did: the bytes that moved and the error, if any. A short count with no error is a success. Once a
/// byte has moved no error is reported with it, except by the full-transfer helpers, which report both.
/// </summary>
public readonly struct IoResult : IEquatable<IoResult>
{
    private const ulong EndOfFileBit = 1ul << 32;

    // Two full words, which travel in registers. With an int and a bool the second one is put together in memory by two
    // stores, and the load that spans them stalls the processor, in every call that returns a result.
    private readonly ulong _bytes;
    private readonly ulong _state; // errno, and above it whether the file ended

    private IoResult(ulong bytes, Errno errno, bool endOfFile)
    {
        _bytes = bytes;
        _state = (uint)errno | (endOfFile ? EndOfFileBit : 0);
    }

    /// <summary>Bytes that moved. Meaningful with an error too: that much was done before it.</summary>
    public ulong Bytes => _bytes;

    /// <summary>The error, or <see cref="Errno.None"/>.</summary>
    public Errno Errno => (Errno)(int)_state;

    /// <summary>Whether no error occurred. End of file is not an error.</summary>
    public bool IsSuccess => (uint)_state == 0;

    /// <summary>Whether a read of at least one byte met the end of the file, or a peer's end of the stream.</summary>
    public bool IsEndOfFile => (_state & EndOfFileBit) != 0;

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
        _bytes == other._bytes && _state == other._state;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IoResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_bytes, _state);

    /// <summary>Whether both say the same.</summary>
    public static bool operator ==(IoResult left, IoResult right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(IoResult left, IoResult right) => !left.Equals(right);

    /// <summary>For people: <c>4096 bytes</c>, <c>4096 bytes, end of file</c>, <c>EBADF after 0 bytes</c>.</summary>
    public override string ToString() => !IsSuccess
        ? string.Create(CultureInfo.InvariantCulture, $"{Errno.Name()} after {_bytes} bytes")
        : string.Create(CultureInfo.InvariantCulture, $"{_bytes} bytes{(IsEndOfFile ? ", end of file" : "")}");
}
