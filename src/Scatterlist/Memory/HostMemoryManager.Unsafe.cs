using System.Buffers;

namespace Scatterlist;

/// <summary>A view of a <see cref="HostBuffer"/> as <see cref="Memory{T}"/>; pinning it holds the pages.</summary>
internal sealed unsafe class HostMemoryManager(HostBufferHandle owner, nuint offset, int length) : MemoryManager<byte>
{
    public override Memory<byte> Memory => CreateMemory(length);

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(owner.IsDisposed, typeof(HostBuffer));
        return new Span<byte>((byte*)owner.Address + offset, length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length, nameof(elementIndex));
        ObjectDisposedException.ThrowIf(owner.IsDisposed, typeof(HostBuffer));
        bool held = false;
        owner.DangerousAddRef(ref held);
        return new MemoryHandle((byte*)owner.Address + offset + elementIndex, pinnable: this);
    }

    public override void Unpin() => owner.DangerousRelease();

    // A view owns nothing; its buffer is what is disposed.
    protected override void Dispose(bool disposing)
    {
    }
}
