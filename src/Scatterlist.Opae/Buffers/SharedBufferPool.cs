namespace Scatterlist.Opae;

/// <summary>
/// Memory that is shared with an accelerator once, and rented in parts: a rent and its return cost no system call, where
/// a buffer of its own costs several.
/// </summary>
/// <remarks>
/// Parts are powers of two of whole base pages, aligned to their size (a buddy system). They are not isolated from each
/// other as buffers are: the accelerator reaches the whole pool at any time, and rented memory holds what its last user
/// left. Disposing the pool gives the memory back when the last part is returned. Thread-safe.
/// </remarks>
public sealed class SharedBufferPool : IDisposable
{
    private readonly SharedBuffer _whole;
    private readonly Accelerator _accelerator;
    private readonly BuddyAllocator _parts;
    private readonly Lock _gate = new();
    private int _rented;
    private bool _isDisposed;

    internal SharedBufferPool(Accelerator accelerator, SharedBuffer whole)
    {
        _accelerator = accelerator;
        _whole = whole;
        _parts = new BuddyAllocator(whole.Length, HostBuffer.BasePageSize);
    }

    /// <summary>Bytes in all.</summary>
    public nuint Length => _whole.Length;

    /// <summary>Where the accelerator reaches the first byte.</summary>
    public IoAddress IoAddress => _whole.IoAddress;

    /// <summary>Parts that are rented now.</summary>
    public int RentedCount
    {
        get
        {
            lock (_gate)
                return _rented;
        }
    }

    /// <summary>Rents a part.</summary>
    /// <param name="length">Bytes, at least 1.</param>
    /// <returns>The part, which its disposal returns. Its bytes are what its last user left.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A length of 0.</exception>
    /// <exception cref="FpgaException"><see cref="FpgaResult.NoMemory"/>: no free part is so big.</exception>
    /// <exception cref="ObjectDisposedException">The pool or the accelerator is disposed.</exception>
    public SharedBuffer Rent(nuint length) => TryRent(length) ?? throw new FpgaException(
        $"Rent({length} bytes)", FpgaResult.NoMemory, detail: $"no free part of the pool's {Length} bytes is so big",
        remedy: "Return parts that are no longer used, or make the pool bigger.");

    /// <summary>Rents a part; null when no free one is so big.</summary>
    /// <inheritdoc cref="Rent"/>
    public SharedBuffer? TryRent(nuint length)
    {
        ArgumentOutOfRangeException.ThrowIfZero(length);
        nuint offset, reserved;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed || _whole.IsDisposed, this);
            if (!_parts.TryTake(length, out offset, out reserved))
                return null;
            _rented++;
        }

        return new SharedBuffer(this, _whole, offset, length, reserved);
    }

    /// <summary>Gives the memory back as soon as no part is rented. Idempotent.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            if (_rented != 0)
                return;
        }

        Release();
    }

    /// <summary>Whether the accelerator still reaches it.</summary>
    internal bool IsShared => !_whole.IsDisposed;

    internal void Return(nuint offset, nuint reserved)
    {
        lock (_gate)
        {
            _parts.Give(offset, reserved);
            if (--_rented != 0 || !_isDisposed)
                return;
        }

        Release();
    }

    private void Release()
    {
        _accelerator.Forget(this);
        _whole.Dispose();
    }
}
