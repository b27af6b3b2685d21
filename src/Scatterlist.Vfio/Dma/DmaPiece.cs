namespace Scatterlist.Vfio;

/// <summary>A piece of a <see cref="DmaPool"/>, until it is disposed. It holds the pool's mapping.</summary>
public sealed class DmaPiece : NativeHandle
{
    private readonly DmaPool _pool;
    private readonly Block _memory;

    internal DmaPiece(DmaPool pool, Block memory, IoAddress address)
        : base(memory.Address, pool.Mapping)
    {
        _pool = pool;
        _memory = memory;
        IoAddress = address;
    }

    /// <summary>Where the device sees the first byte.</summary>
    public IoAddress IoAddress { get; }

    /// <summary>Bytes, as asked for.</summary>
    public nuint Length => _memory.Length;

    /// <summary>The memory; valid until the piece is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The piece is disposed.</exception>
    public Block Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return _memory;
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseNative()
    {
        _pool.Return(IoAddress);
        return true;
    }
}
