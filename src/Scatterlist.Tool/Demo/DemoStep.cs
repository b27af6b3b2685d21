namespace Scatterlist.Tool.Demo;

/// <summary>One kind of call of a leg, all its calls together.</summary>
/// <param name="Name">The call and the way the bytes went.</param>
/// <param name="Bytes">Bytes moved.</param>
/// <param name="Elapsed">The time within the calls.</param>
internal sealed record DemoStep(string Name, ulong Bytes, TimeSpan Elapsed)
{
    internal double BytesPerSecond => Bytes / Math.Max(Elapsed.TotalSeconds, 1e-9);
}
