using Scatterlist.Diagnostics;
using Scatterlist.Interop;

namespace Scatterlist;

/// <summary>The pages of a <see cref="HostBuffer"/>, and the memfd behind them if there is one.</summary>
internal sealed unsafe class HostBufferHandle : NativeHandle
{
    internal HostBufferHandle(nint address, nuint length, FileDescriptor? descriptor)
        : base(address, parent: null)
    {
        Length = length;
        Descriptor = descriptor;
        ScatterlistDiagnostics.HostBufferBytes.Add((long)length);
    }

    internal nuint Length { get; }

    internal FileDescriptor? Descriptor { get; }

    /// <summary>Not checked: callers hold a reference or have just checked <c>IsDisposed</c>.</summary>
    internal nint Address => handle;

    internal void Touch(nuint pageSize)
    {
        for (nuint offset = 0; offset < Length; offset += pageSize)
            Volatile.Write(ref *((byte*)handle + offset), 0);
    }

    protected override bool ReleaseNative()
    {
        bool released = LibC.MUnmap(handle, Length) == 0;
        Descriptor?.Dispose();
        ScatterlistDiagnostics.HostBufferBytes.Add(-(long)Length);
        return released;
    }
}
