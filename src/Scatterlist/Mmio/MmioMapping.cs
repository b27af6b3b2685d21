using Scatterlist.Interop;

namespace Scatterlist;

/// <summary>The pages of a device's registers, mapped.</summary>
internal sealed class MmioMapping : NativeHandle
{
    private readonly nuint _length;

    internal MmioMapping(nint address, nuint length, NativeHandle? parent)
        : base(address, parent)
    {
        _length = length;
    }

    internal nint Address => handle;

    protected override bool ReleaseNative() => LibC.MUnmap(handle, _length) == 0;
}
