using System.Buffers;
using System.Runtime.InteropServices;

namespace Scatterlist;

/// <summary>
/// Page-aligned host memory that a device can reach: the garbage collector neither moves it nor frees it while a lease
/// or a child object is alive. The same buffer is read into, registered, synced, shared and sent without a copy.
/// </summary>
/// <remarks>
/// <para>Ownership: <see cref="Dispose"/> gives the memory back as soon as the last lease and the last child object
/// are released, never before. New views and leases are refused from the moment of the call.</para>
/// <para>A span refers to the memory but cannot hold it: do not use one after <see cref="Dispose"/>, and keep the
/// buffer itself referenced (a <c>using</c> does) while a span is used. Where that cannot be promised, take a lease.
/// </para>
/// <para>Thread-safe, except that the bytes are whoever's the program says they are.</para>
/// </remarks>
public sealed partial class HostBuffer : IMemoryOwner<byte>
{
    private readonly HostBufferHandle _handle;
    private HostMemoryManager? _wholeView;

    private HostBuffer(HostBufferHandle handle, nuint length, nuint pageSize)
    {
        _handle = handle;
        Length = length;
        PageSize = pageSize;
    }

    /// <summary>Usable bytes, as asked for.</summary>
    public nuint Length { get; }

    /// <summary>Bytes mapped: the length rounded up to whole pages.</summary>
    public nuint AllocatedLength => _handle.Length;

    /// <summary>Bytes in one page of the kind that the buffer really has.</summary>
    public nuint PageSize { get; }

    /// <summary>
    /// The memfd behind a shareable buffer, owned by the buffer and closed with its memory; null for a private buffer.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public FileDescriptor? Descriptor
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return _handle.Descriptor;
        }
    }

    /// <summary>
    /// The handle that keeps the pages: <see cref="SafeHandle.DangerousAddRef"/> on it holds them for an operation on a
    /// path that may not allocate. A child object of a device names it as its parent.
    /// </summary>
    public NativeHandle Handle => _handle;

    /// <summary>Whether <see cref="Dispose"/> was called. The memory may live on under leases.</summary>
    public bool IsDisposed => _handle.IsDisposed;

    /// <summary>The first byte's address. It does not hold the memory: see <see cref="Lease()"/>.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return _handle.Address;
        }
    }

    /// <summary>All bytes as memory. For a buffer past 2 GiB use <see cref="GetMemory"/> piece by piece.</summary>
    /// <exception cref="InvalidOperationException">The buffer is longer than a memory can be.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Memory<byte> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return (_wholeView ??= new HostMemoryManager(_handle, 0, ViewLength())).Memory;
        }
    }

    /// <summary>
    /// Bytes as memory. It keeps the buffer's object referenced, throws once the buffer is disposed, and holds the pages
    /// while it is pinned (<see cref="Memory{T}.Pin"/>).
    /// </summary>
    /// <param name="offset">Where it starts, in bytes.</param>
    /// <param name="length">Its bytes, at most 2 GiB - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public Memory<byte> GetMemory(nuint offset, int length)
    {
        CheckRange(offset, length);
        return new HostMemoryManager(_handle, offset, length).Memory;
    }

    /// <summary>Holds all of the buffer's pages until the lease is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public BufferLease Lease() => Lease(0, Length);

    /// <summary>Holds the pages of a part of the buffer until the lease is disposed.</summary>
    /// <param name="offset">Where the part starts, in bytes.</param>
    /// <param name="length">Its bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public BufferLease Lease(nuint offset, nuint length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        CheckRange(offset, length);
        return new BufferLease(_handle, new Block((nint)((nuint)_handle.Address + offset), length));
    }

    /// <summary>Sets every byte to zero.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public void Zero()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        bool held = false;
        try
        {
            _handle.DangerousAddRef(ref held);
            new Block(_handle.Address, Length).Zero();
        }
        finally
        {
            if (held)
                _handle.DangerousRelease();
        }
    }

    /// <summary>Refuses new views and leases, and frees the memory when the last holder lets go. Idempotent.</summary>
    public void Dispose() => _handle.Dispose();

    private int ViewLength() => Length <= int.MaxValue
        ? (int)Length
        : throw new InvalidOperationException(
            $"A Memory<byte> holds at most {int.MaxValue} bytes, the buffer has {Length}: use GetMemory(offset, length).");

    private void CheckRange(nuint offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        CheckRange(offset, (nuint)length);
    }

    private void CheckRange(nuint offset, nuint length)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (offset > Length || length > Length - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), $"Offset {offset} and length {length} reach outside of the buffer's {Length} bytes.");
        }
    }
}
