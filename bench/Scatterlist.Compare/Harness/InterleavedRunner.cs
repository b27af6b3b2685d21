using System.Diagnostics;
using System.Globalization;

namespace Scatterlist.Compare.Harness;

/// <summary>
/// Measures a comparison in rounds. In each round every side has a turn with the same number of operations, and the
/// order turns around from round to round: whatever else the machine does meets all sides alike.
/// </summary>
internal sealed class InterleavedRunner(Pace pace, TextWriter progress)
{
    /// <summary>Prepares the comparison and measures it.</summary>
    public Measurement Run(Comparison comparison)
    {
        progress.Write($"{comparison.Name} ... ");
        comparison.Prepare();
        WarmUp(comparison);
        int operations = comparison.FixedOperations ?? Calibrate(comparison);
        PeerWay peer = BestWay(comparison, operations);
        Action<int> runOurs = comparison.RunOurs; // made here, so that the delegate is not counted as allocated by a round
        Func<int, double>? ownTime = comparison.OwnTime;
        List<double> ours = [], theirs = [];
        long allocated = long.MaxValue;
        GC.Collect();
        for (long start = Stopwatch.GetTimestamp(); IsToGoOn(comparison, ours.Count, start);)
        {
            comparison.BeforeRound(ours.Count);
            bool isOursFirst = ours.Count % 2 == 0;
            if (!isOursFirst)
                theirs.Add(Turn(comparison, peer, operations));
            comparison.BeforeTurn();
            long before = GC.GetAllocatedBytesForCurrentThread();
            double seconds = ownTime is null ? Time(runOurs, operations) : ownTime(operations);
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
            ours.Add(seconds);
            if (isOursFirst)
                theirs.Add(Turn(comparison, peer, operations));
        }

        var row = new Row(
            comparison.Name,
            comparison.Unit.FromSeconds(comparison.Typical(ours) / operations, comparison.BytesPerOperation),
            comparison.Unit.FromSeconds(comparison.Typical(theirs) / operations, comparison.BytesPerOperation),
            comparison.Unit,
            comparison.Bar);
        double quiet = row.Unit == Unit.GigabytesPerSecond ? theirs.Min() / ours.Min() : ours.Min() / theirs.Min();
        progress.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Ratio:0.000}x of {peer.Name} ({ours.Count} rounds of {operations}; quietest {quiet:0.000}x)"));

        // The least of the rounds: what the runtime itself allocates once in many of them is not the operations'.
        return new Measurement(row, comparison.IsDataPath, (double)allocated / operations);
    }

    // Chosen before the rounds that count: the luckiest of many noisy medians would be no fair peer.
    private PeerWay BestWay(Comparison comparison, int operations)
    {
        IReadOnlyList<PeerWay> ways = comparison.PeerWays;
        if (ways.Count == 1)
            return ways[0];
        List<double>[] seconds = [.. ways.Select(_ => new List<double>())];
        for (int round = 0; round < (pace.IsQuick ? 1 : Pace.FewestRounds); round++)
        {
            for (int way = 0; way < ways.Count; way++)
                seconds[way].Add(Turn(comparison, ways[way], operations));
        }

        return ways[Enumerable.Range(0, ways.Count).MinBy(way => Median.Of(seconds[way]))];
    }

    private static double Turn(Comparison comparison, PeerWay way, int operations)
    {
        comparison.BeforeTurn();
        return way.OwnTime is { } ownTime ? ownTime(operations) : Time(way.Run, operations);
    }

    private bool IsToGoOn(Comparison comparison, int round, long start) => pace.Rounds is { } rounds
        ? round < rounds
        : round < comparison.FewestRounds || Stopwatch.GetElapsedTime(start) < pace.Time;

    // Both sides, since pages, caches and sockets are to be as they are later; then ours alone, until what it runs is
    // compiled for good. Tiered compilation (the default, so that programs run as this one does) replaces a method 100 ms
    // after its 30th call, and with a profile twice, on a thread that needs a processor: enough calls, with pauses.
    private void WarmUp(Comparison comparison)
    {
        int operations = comparison.FixedOperations ?? 1;
        var clock = Stopwatch.StartNew();
        do
        {
            comparison.BeforeTurn();
            comparison.RunOurs(operations);
            foreach (PeerWay way in comparison.PeerWays)
            {
                comparison.BeforeTurn();
                way.Run(operations);
            }
        }
        while (clock.Elapsed < pace.WarmUp);

        long compiled = comparison.CompiledMethods;
        for (int same = 0; same < 2 && clock.Elapsed < pace.LongestWarmUp;)
        {
            long start = Stopwatch.GetTimestamp();
            for (int turn = 0; turn < 32 && Stopwatch.GetElapsedTime(start) < pace.WarmUp; turn++)
            {
                comparison.BeforeTurn();
                comparison.RunOurs(operations);
            }

            Thread.Sleep(200);
            long before = compiled;
            compiled = comparison.CompiledMethods;
            same = compiled == before ? same + 1 : 0;
        }
    }

    // By the least of three, since a turn that is interrupted would pass for a slow one.
    private int Calibrate(Comparison comparison)
    {
        PeerWay first = comparison.PeerWays[0];
        for (int operations = 1; ; operations *= 2)
        {
            double seconds = Enumerable.Range(0, 3).Min(_ => Turn(comparison, first, operations));
            if (seconds < pace.Turn.TotalSeconds / 2 && operations < 1 << 28)
                continue;
            return (int)Math.Clamp(operations * pace.Turn.TotalSeconds / seconds, 1, 1 << 29);
        }
    }

    private static double Time(Action<int> run, int operations)
    {
        long start = Stopwatch.GetTimestamp();
        run(operations);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
