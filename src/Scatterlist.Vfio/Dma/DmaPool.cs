namespace Scatterlist.Vfio;

/// <summary>
/// Pieces of one mapping. Making memory reachable for a device costs a system call that pins pages, and one of the
/// mappings that a container has; a piece of a pool costs neither. Thread-safe.
/// </summary>
/// <remarks>
/// The mapping and its memory live until the pool and the last piece are disposed. What a piece held before is still in
/// it: nothing is cleared.
/// </remarks>
public sealed class DmaPool : IDisposable
{
    private readonly HostBuffer _memory;
    private readonly IoAddressAllocator _pieces;

    private DmaPool(HostBuffer memory, DmaMapping mapping, uint granule)
    {
        _memory = memory;
        Mapping = mapping;
        Granule = granule;
        // Places are I/O addresses, so that alignment is what the device sees.
        _pieces = new IoAddressAllocator(
            [new IoAddressRange(mapping.IoAddress, mapping.IoAddress + (mapping.Length - 1))], granule,
            HostBuffer.BasePageSize);
    }

    /// <summary>The mapping that the pieces are of.</summary>
    public DmaMapping Mapping { get; }

    /// <summary>The unit of pieces in bytes; they start and end at multiples of it.</summary>
    public uint Granule { get; }

    /// <summary>Pieces that are rented at the moment.</summary>
    public int Count => _pieces.Count;

    /// <summary>Allocates memory and maps it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="length">Bytes, rounded up to whole pages.</param>
    /// <param name="options">The memory; null for shareable base pages, committed at once.</param>
    /// <param name="access">What the device may do.</param>
    /// <param name="granule">The unit of pieces, a power of two of at least 64 and at most a page.</param>
    /// <exception cref="ArgumentOutOfRangeException">A bad length or granule.</exception>
    /// <exception cref="ScatterlistException">There is no memory, or it cannot be mapped.</exception>
    public static DmaPool Create(
        IVfioDevice device, nuint length, HostBufferOptions? options = null, DmaAccess access = DmaAccess.ReadWrite,
        uint granule = 64)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (!uint.IsPow2(granule) || granule < 64 || granule > HostBuffer.BasePageSize)
            throw new ArgumentOutOfRangeException(nameof(granule), granule, "A power of two from 64 to a page.");
        options ??= new HostBufferOptions { IsShareable = true, IsPopulated = true };
        HostBuffer memory = HostBuffer.Allocate(length, options);
        try
        {
            return new DmaPool(memory, device.MapDma(DmaMapRequest.For(memory, access)), granule);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Rents a piece.</summary>
    /// <param name="length">Bytes, rounded up to the granule; from a page on, the piece starts at a page.</param>
    /// <returns>The piece, or null when there is no room for it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A length of 0.</exception>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    public DmaPiece? TryRent(nuint length)
    {
        ArgumentOutOfRangeException.ThrowIfZero(length);
        ObjectDisposedException.ThrowIf(Mapping.IsDisposed, this);
        if (length > Mapping.Length)
            return null;
        nuint unit = length >= HostBuffer.BasePageSize ? HostBuffer.BasePageSize : Granule;
        nuint rounded = (length + unit - 1) & ~(unit - 1);
        if (_pieces.TryAllocate(rounded, null, unit, out IoAddress address) != Errno.None)
            return null;
        try
        {
            nint memory = _memory.Address + (nint)(address.Value - Mapping.IoAddress.Value);
            return new DmaPiece(this, new Block(memory, length), address);
        }
        catch
        {
            _pieces.Free(address);
            throw;
        }
    }

    /// <summary>Refuses new pieces; the mapping goes with the last of them. Idempotent.</summary>
    public void Dispose()
    {
        Mapping.Dispose();
        _memory.Dispose();
    }

    internal void Return(IoAddress address) => _pieces.Free(address);
}
