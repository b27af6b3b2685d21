using System.Buffers;

namespace Scatterlist.Verbs;

/// <summary>Managed memory that is pinned as long as a region is alive. A region's owner.</summary>
internal sealed unsafe class PinnedMemory : NativeHandle
{
    private MemoryHandle _pin;

    private PinnedMemory(MemoryHandle pin)
        : base((nint)pin.Pointer, parent: null) => _pin = pin;

    internal nint Address => handle;

    internal static PinnedMemory Pin(Memory<byte> memory) => new(memory.Pin());

    protected override bool ReleaseNative()
    {
        _pin.Dispose();
        return true;
    }
}
