using System.Globalization;

namespace Scatterlist.Opae;

/// <summary>
/// The number of a shared buffer (<c>wsid</c>). Numbers are never reused within a process, and one is only good for the
/// accelerator that gave it. 0 is never one.
/// </summary>
/// <param name="Value">The number.</param>
public readonly record struct WorkspaceId(ulong Value)
{
    private static ulong _last;

    internal static WorkspaceId Next() => new(Interlocked.Increment(ref _last));

    /// <summary>The number in hexadecimal with its <c>0x</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x}");
}
