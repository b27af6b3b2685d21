namespace Scatterlist.Transfer;

/// <summary>A host buffer, or a part of one, as an endpoint. It holds the pages; the buffer stays the caller's.</summary>
public sealed class MemoryEndpoint : Endpoint
{
    private readonly BufferLease _lease;

    /// <summary>All of a buffer.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public MemoryEndpoint(HostBuffer buffer)
        : this(buffer, 0, buffer?.Length ?? throw new ArgumentNullException(nameof(buffer)))
    {
    }

    /// <summary>A part of a buffer.</summary>
    /// <param name="buffer">The buffer.</param>
    /// <param name="offset">Where the part starts, in bytes.</param>
    /// <param name="length">Its bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public MemoryEndpoint(HostBuffer buffer, nuint offset, nuint length)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        _lease = buffer.Lease(offset, length);
    }

    /// <inheritdoc/>
    public override string Name => "host memory";

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override ulong? Length => _lease.Block.Length;

    /// <inheritdoc/>
    public override ulong? Capacity => _lease.Block.Length;

    /// <inheritdoc/>
    public override IoResult Read(
        ulong offset, Span<byte> destination, CancellationToken cancellationToken = default)
    {
        BlockSequence from = _lease.Sequence.DropFirst(offset);
        int count = from.CopyTo(destination);
        return count == 0 && !destination.IsEmpty ? IoResult.EndOfFile() : IoResult.Success((ulong)count);
    }

    /// <inheritdoc/>
    public override IoResult Write(
        ulong offset, ReadOnlySpan<byte> source, CancellationToken cancellationToken = default)
    {
        int count = _lease.Sequence.DropFirst(offset).CopyFrom(source);
        return count < source.Length
            ? IoResult.Failure(Errno.ENOSPC, (ulong)count)
            : IoResult.Success((ulong)count);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _lease.Dispose();
        base.Dispose(disposing);
    }
}
