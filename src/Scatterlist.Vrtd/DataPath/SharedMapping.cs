using Scatterlist.Vrtd.Interop;

namespace Scatterlist.Vrtd.DataPath;

/// <summary>Memory of the driver's making, mapped.</summary>
internal sealed class SharedMapping(nint address, nuint length) : NativeHandle(address, parent: null)
{
    public Block Block { get; } = new(address, length);

    protected override bool ReleaseNative() => LibC.MUnmap(handle, Block.Length) == 0;
}
