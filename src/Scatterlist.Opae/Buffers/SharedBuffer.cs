using Scatterlist.Opae.Ports;
using Scatterlist.Vfio;

namespace Scatterlist.Opae;

/// <summary>
/// Host memory that an accelerator reaches at <see cref="IoAddress"/>, from its preparation until it is released.
/// </summary>
/// <remarks>
/// <para>Ownership: <see cref="Dispose"/> takes the memory from the accelerator first and gives memory of the library's
/// own back afterwards, when the last lease is gone. Memory of the caller's own is left as it was. Disposing the
/// accelerator releases all its buffers.</para>
/// <para>A span cannot hold the memory: keep the buffer while one is used. Thread-safe, except that the bytes are
/// whoever's the program says they are.</para>
/// <para>Source of the contract: <c>opae/buffer.h</c>.</para>
/// </remarks>
public sealed class SharedBuffer : IDisposable
{
    private const int HostIsOurs = 0;
    private const int HostIsKnown = 1;
    private const int HostIsGone = 2;

    private readonly Accelerator _accelerator;
    private readonly NativeHandle _mapping;
    private readonly SharedBufferPool? _pool;
    private readonly nuint _poolOffset;
    private readonly Block _block;
    private readonly bool _ownsHost;
    private readonly HostBuffer? _host;
    private int _isReleased;
    private int _hostState; // who may know the host buffer
    private ulong _number;

    internal SharedBuffer(
        Accelerator accelerator, PortMapping mapping, Block memory, nuint mappedLength, BufferFlags flags,
        HostBuffer? host)
    {
        _accelerator = accelerator;
        _mapping = mapping.Handle;
        _ownsHost = !flags.HasFlag(BufferFlags.Preallocated);
        _block = memory;
        MappedLength = mappedLength;
        Flags = flags;
        _host = host;
        _hostState = _ownsHost ? HostIsOurs : HostIsKnown;
        IoAddress = mapping.IoAddress;
    }

    internal SharedBuffer(SharedBufferPool pool, SharedBuffer whole, nuint offset, nuint length, nuint reserved)
    {
        _accelerator = whole._accelerator;
        _mapping = whole._mapping;
        _pool = pool;
        _poolOffset = offset;
        _block = whole._block.Slice(offset, length);
        MappedLength = reserved;
        Flags = whole.Flags;
        IoAddress = whole.IoAddress + offset;
    }

    /// <summary>The buffer's number, which the C-shaped calls take. It is given when it is first asked for.</summary>
    public WorkspaceId WorkspaceId =>
        new(Volatile.Read(ref _number) is var number and not 0 ? number : _accelerator.NumberOf(this));

    /// <summary>Where the accelerator reaches the first byte. Never 0. Meaningless once the buffer is released.</summary>
    public IoAddress IoAddress { get; }

    /// <summary>Usable bytes, as asked for.</summary>
    public nuint Length => _block.Length;

    /// <summary>Bytes that the accelerator reaches: the length rounded up to whole pages of the memory's kind.</summary>
    public nuint MappedLength { get; }

    /// <summary>How it was prepared.</summary>
    public BufferFlags Flags { get; }

    /// <summary>Whether the accelerator may only read.</summary>
    public bool IsReadOnly => Flags.HasFlag(BufferFlags.ReadOnly);

    /// <summary>
    /// The host buffer behind it; null for bare memory of the caller's own and for a part of a pool, and when it is
    /// first asked for after the release.
    /// </summary>
    public HostBuffer? HostMemory =>
        Interlocked.CompareExchange(ref _hostState, HostIsKnown, HostIsOurs) == HostIsGone ? null : _host;

    /// <summary>Whether the buffer was released.</summary>
    public bool IsDisposed => Volatile.Read(ref _isReleased) != 0 || _mapping.IsDisposed;

    /// <summary>The memory as a block, for vectored I/O. It does not hold the memory.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is released.</exception>
    public Block Block
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return _block;
        }
    }

    /// <summary>The first byte's address in this process.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is released.</exception>
    public nint Address => Block.Address;

    /// <summary>Holds memory and mapping for an operation on a path that may not allocate: DangerousAddRef on it.</summary>
    public NativeHandle Handle => _mapping;

    /// <summary>The neighbours in the accelerator's list, which alone touches them.</summary>
    internal SharedBuffer? Next { get; set; }

    internal SharedBuffer? Previous { get; set; }

    /// <summary>The number, or 0 when nobody asked for it yet. Set by the accelerator's list.</summary>
    internal ref ulong Number => ref _number;

    internal bool IsReleased => Volatile.Read(ref _isReleased) != 0;

    /// <summary>All bytes as a span.</summary>
    /// <exception cref="InvalidOperationException">The buffer is longer than a span can be.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is released.</exception>
    public Span<byte> AsSpan() => Block.AsSpan();

    /// <summary>Bytes as a span.</summary>
    /// <param name="offset">Where it starts, in bytes.</param>
    /// <param name="length">Its bytes, at most 2 GiB - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer is released.</exception>
    public Span<byte> AsSpan(nuint offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return Block.Slice(offset, (nuint)length).AsSpan();
    }

    /// <summary>Takes the memory from the accelerator, and gives it back if it is the library's own. Idempotent.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) != 0)
            return;
        if (_pool is not null)
        {
            if (Volatile.Read(ref _number) != 0)
                _accelerator.Forget(this);
            _pool.Return(_poolOffset, MappedLength);
            return;
        }

        _accelerator.Forget(this);
        _mapping.Dispose();
        if (!_ownsHost)
            return;

        // A page that nobody but the device knew of is as good as a new one once the device has lost it.
        bool isUnknown = Interlocked.CompareExchange(ref _hostState, HostIsGone, HostIsOurs) == HostIsOurs;
        if (!isUnknown || _mapping is not DmaMapping { IsReleased: true } || !_accelerator.TryKeep(_host!))
            _host!.Dispose(); // the mapping holds the pages until it is really gone
    }
}
