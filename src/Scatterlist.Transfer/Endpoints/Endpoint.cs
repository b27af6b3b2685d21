namespace Scatterlist.Transfer;

/// <summary>
/// Something that bytes can be copied from or to: a file, a pipe, host memory, a device's memory. The copy engine knows
/// nothing else about it.
/// </summary>
/// <remarks>
/// Ownership: an endpoint owns what it opened. Thread-safety: a seekable endpoint takes reads and writes of disjoint
/// ranges from many threads at once; a stream is used by one thread at a time.
/// </remarks>
public abstract class Endpoint : IDisposable
{
    /// <summary>How a user names it: a path, <c>-</c>, <c>vrtd:0@0x4000000000</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether it can be copied from.</summary>
    public abstract bool CanRead { get; }

    /// <summary>Whether it can be copied to.</summary>
    public abstract bool CanWrite { get; }

    /// <summary>
    /// Whether every byte has an offset, so that parts can be moved in any order and from many threads. False for pipes,
    /// sockets and terminals, which are read and written from front to back.
    /// </summary>
    public abstract bool CanSeek { get; }

    /// <summary>Bytes that can be read, or null when only the end will tell.</summary>
    public virtual ulong? Length => null;

    /// <summary>Bytes that can be written, or null when there is no bound known beforehand.</summary>
    public virtual ulong? Capacity => null;

    /// <summary>
    /// Reads until <paramref name="destination"/> is full or the data ends. The result keeps the bytes read before an
    /// error.
    /// </summary>
    /// <param name="offset">Bytes from the start; a stream ignores it and goes on where it is.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="cancellationToken">Ends a wait for data; what was read so far is kept in the result.</param>
    public abstract IoResult Read(ulong offset, Span<byte> destination, CancellationToken cancellationToken = default);

    /// <summary>Writes all of <paramref name="source"/>. The result keeps the bytes written before an error.</summary>
    /// <param name="offset">Bytes from the start; a stream ignores it and goes on where it is.</param>
    /// <param name="source">Where from.</param>
    /// <param name="cancellationToken">Ends a wait for room; what was written so far is kept in the result.</param>
    public abstract IoResult Write(
        ulong offset, ReadOnlySpan<byte> source, CancellationToken cancellationToken = default);

    /// <summary>Called once before the first write, with the bytes to come if they are known.</summary>
    public virtual void Prepare(ulong? total)
    {
    }

    /// <summary>Called once after the last write of a copy that succeeded: <paramref name="total"/> bytes are there.</summary>
    public virtual void Complete(ulong total)
    {
    }

    /// <summary>Lets go of what the endpoint opened. Idempotent.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what the endpoint opened.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
