using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.Interop;

/// <summary><c>struct ibv_sge</c>: a piece of registered memory. The address is an offset in a zero-based
/// region.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ScatterGatherEntry
{
    internal ulong Address;
    internal uint Length;
    internal uint LocalKey;
}
