namespace Scatterlist.Compare.Harness;

/// <summary>A measured row.</summary>
/// <param name="Name">The comparison's name.</param>
/// <param name="Ours">Our figure; see <see cref="Comparison.Typical"/>.</param>
/// <param name="Peer">The peer's figure; null for a row that has only a bar of its own.</param>
/// <param name="Unit">What both are in.</param>
/// <param name="Threshold">What had to be reached.</param>
internal sealed record Row(string Name, double Ours, double? Peer, Unit Unit, Threshold Bar)
{
    /// <summary>Ours over the peer's, or null without a peer.</summary>
    public double? Ratio => Ours / Peer;

    /// <summary>Whether the bar was reached.</summary>
    public bool IsMet => Bar.IsMetBy(Ours, Peer);
}
