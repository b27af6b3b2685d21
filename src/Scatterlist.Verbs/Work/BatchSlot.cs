using System.Runtime.CompilerServices;

namespace Scatterlist.Verbs;

/// <summary>
/// Room for one request of a batch with two elements, or for some inline bytes: 160 bytes. Make a span of them on the
/// stack: <c>Span&lt;BatchSlot&gt; slots = stackalloc BatchSlot[32];</c>
/// </summary>
[InlineArray(20)]
public struct BatchSlot
{
    private ulong _first;
}
