using Scatterlist.Compare.Harness;

namespace Scatterlist.Compare.Tests;

public class RunnerTests
{
    private static readonly Pace Five = Pace.Quick with { Rounds = 5, WarmUp = TimeSpan.Zero };

    [Fact]
    public void Both_sides_do_the_same_number_of_operations_and_take_turns_at_going_first()
    {
        using var comparison = new Recorded();

        _ = new InterleavedRunner(Five, TextWriter.Null).Run(comparison);

        // The first two turns are the warm-up.
        Assert.Equal("op op po op po op".Replace(" ", "", StringComparison.Ordinal), string.Concat(comparison.Turns));
        Assert.Equal(comparison.Turns.Count, comparison.Resets);
        Assert.Equal([7], comparison.Operations.Distinct());
    }

    [Fact]
    public void The_best_way_of_the_peer_is_the_one_to_beat()
    {
        using var comparison = new Recorded { HasSlowWay = true };
        using var progress = new StringWriter();

        Row row = new InterleavedRunner(Five, progress).Run(comparison).Row;

        Assert.Contains("of fast (", progress.ToString(), StringComparison.Ordinal);
        Assert.True(row.Peer < TimeSpan.FromMilliseconds(20).TotalNanoseconds / 7);
    }

    [Fact]
    public void What_our_side_allocates_is_counted_per_operation()
    {
        using var comparison = new Recorded { BytesToAllocate = 7 * 1000 };

        Measurement measurement = new InterleavedRunner(Five, TextWriter.Null).Run(comparison);

        Assert.InRange(measurement.AllocatedBytesPerOperation, 1000, 1000 + 64);
        Row row = Tally(measurement).ToRow(TextWriter.Null);
        Assert.False(row.IsMet);
    }

    [Fact]
    public void A_data_path_that_allocates_shows()
    {
        var path = new DataPath("boxes", operations =>
        {
            for (int i = 0; i < operations; i++)
                GC.KeepAlive(new byte[100]);
        });

        Assert.InRange(path.MeasureAllocation(), 100, 200);
        Assert.Equal(0, new DataPath("none", _ => { }).MeasureAllocation());
    }

    private static AllocationTally Tally(Measurement measurement)
    {
        var tally = new AllocationTally("test");
        tally.Add(measurement.Row.Name, measurement.AllocatedBytesPerOperation);
        return tally;
    }

    private sealed class Recorded : Comparison
    {
        public List<char> Turns { get; } = new(100);

        public List<int> Operations { get; } = new(100);

        public int Resets { get; private set; }

        public bool HasSlowWay { get; init; }

        public int BytesToAllocate { get; init; }

        public override string Name => "recorded";

        public override Unit Unit => Unit.Nanoseconds;

        public override Threshold Bar => Threshold.AtMostRatio(1);

        public override ulong BytesPerOperation => 1;

        public override int? FixedOperations => 7;

        public override IReadOnlyList<PeerWay> PeerWays => HasSlowWay
            ? [new PeerWay("slow", _ => SpinWait.SpinUntil(() => false, 20)), new PeerWay("fast", n => Note('p', n))]
            : [new PeerWay("fast", n => Note('p', n))];

        public override void Prepare()
        {
        }

        public override void RunOurs(int operations)
        {
            Note('o', operations);
            if (BytesToAllocate > 0)
                GC.KeepAlive(new byte[BytesToAllocate]);
        }

        public override void BeforeTurn() => Resets++;

        public override void Dispose()
        {
        }

        private void Note(char side, int operations)
        {
            Turns.Add(side);
            Operations.Add(operations);
        }
    }
}
