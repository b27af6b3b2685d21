using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare.Areas.Verbs;

/// <summary>A row of two processes, put together from its parts. Both sides take their own time.</summary>
internal sealed class VerbsComparison(string name, Unit unit, Threshold bar) : Comparison
{
    public override string Name => name;

    public override Unit Unit => unit;

    public override Threshold Bar => bar;

    public override ulong BytesPerOperation => (ulong)Size;

    /// <summary>Bytes of an operation.</summary>
    public int Size { get; init; }

    /// <summary>Operations of a turn.</summary>
    public required int Operations { get; init; }

    public required Func<int, double> Ours { get; init; }

    public required IReadOnlyList<PeerWay> Ways { get; init; }

    /// <summary>Our pairs of processes, which go with the row; none: this process alone.</summary>
    public IReadOnlyList<Lazy<NicPair>> Pairs { get; init; } = [];

    /// <summary>See <see cref="Comparison.Missing"/>.</summary>
    public string? Lacks { get; init; }

    public int Rounds { get; init; } = 15;

    public override int? FixedOperations => Operations;

    public override int FewestRounds => Rounds;

    public override IReadOnlyList<PeerWay> PeerWays => Ways;

    public override Func<int, double> OwnTime => Ours;

    public override string? Missing => Lacks;

    public override bool IsOneThread => false;

    // A virtual machine's two processors are near each other or far, for as long as its host leaves them there, and turns
    // take one time or two to three times as long: by a median it would be chance which of the two a side is judged by.
    public override double Typical(IReadOnlyCollection<double> seconds) => MiddleHalf.MeanOf(seconds);

    public override long CompiledMethods =>
        base.CompiledMethods + Pairs.Where(pair => pair.IsValueCreated).Sum(pair => pair.Value.CompiledMethods);

    // The pipe to the second process, by which a turn begins, has strings; what posts and polls allocate is looked at by
    // the data paths.
    public override bool IsDataPath => false;

    public override void Prepare()
    {
    }

    public override void RunOurs(int operations) => Ours(operations);

    public override void Dispose()
    {
        foreach (Lazy<NicPair> pair in Pairs.Where(pair => pair.IsValueCreated))
            pair.Value.Dispose();
    }
}
