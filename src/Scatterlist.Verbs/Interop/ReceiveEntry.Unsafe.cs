using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.Interop;

/// <summary><c>struct ibv_recv_wr</c>; linked as <see cref="SendEntry"/> is.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ReceiveEntry
{
    internal ulong Id;
    internal ReceiveEntry* Next;
    internal ScatterGatherEntry* List;
    internal int ListLength;
}
