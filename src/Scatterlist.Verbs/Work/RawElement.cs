using System.Runtime.InteropServices;

namespace Scatterlist.Verbs;

/// <summary>A piece of registered memory as plain numbers (struct ibv_sge): for the posts whose name says unsafe.</summary>
/// <param name="Address">The address, or the offset in a zero-based region.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Key">The region's local key.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct RawElement(ulong Address, uint Length, LocalKey Key);
