namespace Scatterlist;

/// <summary>
/// A hold on memory for as long as somebody may touch it: while a lease is alive, the pages stay where they are,
/// whatever happens to the buffer's own object. Dispose it when the device is done; a lost lease is released by the
/// finalizer and shows on the <see cref="LeakLedger"/>.
/// </summary>
public sealed class BufferLease : NativeHandle
{
    private readonly Block _block;

    internal BufferLease(HostBufferHandle owner, Block block)
        : base(owner.Address, owner)
    {
        _block = block;
    }

    /// <summary>The memory that is held.</summary>
    /// <exception cref="ObjectDisposedException">The lease is disposed: nothing holds the memory any more.</exception>
    public Block Block
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return _block;
        }
    }

    /// <summary>The held memory as a sequence of one block.</summary>
    /// <exception cref="ObjectDisposedException">The lease is disposed.</exception>
    public BlockSequence Sequence => new(Block);

    /// <inheritdoc/>
    protected override bool ReleaseNative() => true;
}
