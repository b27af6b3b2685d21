namespace Scatterlist.Compare.Harness;

/// <summary>How long and how often to measure.</summary>
/// <param name="Rounds">
/// Rounds of every comparison. Null: as many as fit into the time, at least what the comparison asks for.
/// </param>
/// <param name="Turn">
/// How long a side's turn in a round should take at least: shorter than the scheduler's slices, so that on a busy
/// machine most turns are not interrupted and the median is one of those.
/// </param>
/// <param name="WarmUp">How long both sides run before the first round, at least.</param>
/// <param name="LongestWarmUp">How long our side runs at most until the JIT has done its last work.</param>
/// <param name="Time">How long to go on with rounds.</param>
/// <param name="IsQuick">Whether this only shows that everything starts: figures mean little.</param>
internal sealed record Pace(
    int? Rounds, TimeSpan Turn, TimeSpan WarmUp, TimeSpan LongestWarmUp, TimeSpan Time, bool IsQuick)
{
    /// <summary>The fewest rounds whose median is worth a word.</summary>
    public const int FewestRounds = 9;

    /// <summary>For figures.</summary>
    public static Pace Full { get; } = new(
        null, TimeSpan.FromMicroseconds(250), TimeSpan.FromMilliseconds(600), TimeSpan.FromSeconds(10),
        TimeSpan.FromSeconds(1), IsQuick: false);

    /// <summary>For seeing that everything starts and that nothing allocates.</summary>
    public static Pace Quick { get; } = new(
        3, TimeSpan.FromMicroseconds(100), TimeSpan.FromMilliseconds(1), TimeSpan.Zero, TimeSpan.Zero, IsQuick: true);
}
