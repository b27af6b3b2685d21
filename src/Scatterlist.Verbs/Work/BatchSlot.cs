using System.Runtime.InteropServices;

namespace Scatterlist.Verbs;

/// <summary>
/// Room for one request of a batch with two elements, or for some inline bytes. Make a span of them on the stack:
/// <c>Span&lt;BatchSlot&gt; slots = stackalloc BatchSlot[32];</c>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 160)]
public readonly struct BatchSlot
{
    private readonly ulong _aligned;
}
