using System.Runtime.InteropServices;

namespace Scatterlist.Vrtd.Emulator.Interop;

/// <summary>
/// The fields of <c>struct statx</c> that are read here. statx(2) is used, not stat(2), because its layout is the same
/// on every architecture.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatX
{
    [FieldOffset(40)]
    internal ulong Size;

    /// <summary>Blocks of 512 bytes that are really there.</summary>
    [FieldOffset(48)]
    internal ulong Blocks;
}
