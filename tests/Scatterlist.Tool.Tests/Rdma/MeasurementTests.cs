using System.Diagnostics;
using Scatterlist.Testing;
using Scatterlist.Tool.Rdma.Exchange;
using Scatterlist.Tool.Rdma.Perf;
using Scatterlist.Tool.Rdma.PingPong;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Tests.Rdma;

public sealed class MeasurementTests
{
    [Fact]
    public void Latencies_are_counted_in_full()
    {
        // Intervals of 2, 4, ..., 200 ticks of a microsecond, there and back: 1 to 100 microseconds one way.
        long[] stamps = new long[101];
        for (int i = 1; i < stamps.Length; i++)
            stamps[i] = stamps[i - 1] + (2 * i);

        LatencyStatistics times = LatencyStatistics.Of(stamps, ticksPerSecond: 1_000_000, ways: 2);

        Assert.Equal(101, times.Iterations);
        Assert.Equal(1, times.Minimum, 6);
        Assert.Equal(100, times.Maximum, 6);
        Assert.Equal(50.5, times.Typical, 6);
        Assert.Equal(50.5, times.Average, 6);
        Assert.Equal(Math.Sqrt(((100.0 * 100) - 1) / 12), times.Deviation, 6);
        Assert.Equal(99, times.Percentile99, 6);
        Assert.Equal(100, times.Percentile999, 6);
    }

    [Fact]
    public void Reports_of_both_ways_are_added()
    {
        BandwidthReport both = new BandwidthReport(64, 10, 5, 4, 1).Plus(new BandwidthReport(64, 10, 3, 2, 0.5));

        Assert.Equal(new BandwidthReport(64, 10, 8, 6, 1.5), both);
    }

    [Theory]
    [InlineData(65536, false, 128, 100, false, 1)] // large messages: each completes
    [InlineData(65536, true, 128, 100, false, 100)] // unless over all sizes
    [InlineData(65536, false, 128, 50, true, 50)] // or as asked
    [InlineData(4096, false, 128, 100, false, 100)]
    [InlineData(4096, false, 16, 100, false, 16)] // never fewer than fit in the queue
    public void The_moderation_follows_from_size_and_depth(
        int size, bool all, int depth, int moderation, bool isAsked, int expected)
    {
        var asked = new PerfSettings
        {
            Verb = PerfVerb.Write,
            IsLatency = false,
            Size = size,
            AllSizes = all,
            Iterations = 1000,
            TxDepth = depth,
            RxDepth = 1,
            CqModeration = moderation,
        };

        Assert.Equal(expected, PerfSettings.Settle(asked, isAsked, receiveDepthAsked: false).CqModeration);
    }

    [Theory]
    [InlineData(64, 100, true, 1024, 128, 128)] // in whole lists
    [InlineData(64, 100, true, 1024, 200, 128)]
    [InlineData(64, 100, true, 1024, 100, 64)] // as many as fit
    [InlineData(8, 3, true, 400, 128, 8)]
    [InlineData(8, 1024, true, 400, 20, 16)]
    [InlineData(64, 100, false, 64, 128, 64)]
    public void A_list_completes_with_its_last_message(
        int list, int moderation, bool isAsked, int iterations, int depth, int expected)
    {
        PerfSettings settled = PerfSettings.Settle(
            new PerfSettings
            {
                Verb = PerfVerb.Write,
                IsLatency = false,
                Size = 8,
                Iterations = iterations,
                TxDepth = depth,
                RxDepth = 1,
                CqModeration = moderation,
                PostList = list,
            },
            isAsked, receiveDepthAsked: false);

        Assert.Equal(expected, settled.CqModeration);
    }

    [Fact]
    public void The_peak_is_the_best_run_from_a_post_to_a_completion()
    {
        SeededRandom.Run(300, random =>
        {
            var meter = new BandwidthMeter(random.Next(1, 60));
            var posts = new List<long>();
            var completions = new List<(long Time, long Total)>();
            long now = 1, done = 0;
            while (done < meter.Room)
            {
                now += random.Next(0, 3) * random.Next(0, 50);
                if (posts.Count < meter.Room && (posts.Count == done || random.Next(0, 2) == 0))
                {
                    meter.Posted(posts.Count, now);
                    posts.Add(now);
                }
                else
                {
                    done = random.NextInt64(done + 1, posts.Count + 1);
                    meter.Completed(done, now);
                    completions.Add((now, done));
                }
            }

            double best = 0;
            foreach ((long time, long total) in completions)
            {
                for (int i = 0; i < total; i++)
                    best = time > posts[i] ? Math.Max(best, (total - i) / (double)(time - posts[i])) : best;
            }

            double unit = 1.0 / (1 << 20) * Stopwatch.Frequency;
            Assert.Equal(best * unit, meter.Report(1, gigabits: false, CancellationToken.None).PeakBandwidth, best * unit / 1e9);
        });
    }

    [Fact]
    public void The_search_for_the_peak_of_many_messages_is_short_and_can_be_interrupted()
    {
        const int Messages = 2_000_000; // as of 100 queue pairs; by pairs this would take hours
        var meter = new BandwidthMeter(Messages);
        for (int i = 0; i < Messages; i++)
        {
            meter.Posted(i, 1 + (i * 10L));
            meter.Completed(i + 1, 1 + (i * 10L) + 9);
        }

        double peak = meter.Report(1, gigabits: false, CancellationToken.None).PeakBandwidth;

        Assert.Equal(Stopwatch.Frequency / 9.0 / (1 << 20), peak, 3);
        Assert.Throws<OperationCanceledException>(() => meter.Report(1, gigabits: false, new CancellationToken(true)));
    }

    [Fact]
    public void Depths_do_not_exceed_what_is_sent()
    {
        PerfSettings settled = PerfSettings.Settle(
            new PerfSettings
            {
                Verb = PerfVerb.Send,
                IsLatency = false,
                Connection = QueuePairType.UnreliableDatagram,
                Size = 2048,
                Iterations = 60,
                TxDepth = 128,
                RxDepth = 512,
                CqModeration = 100,
            },
            moderationAsked: false, receiveDepthAsked: false);

        Assert.Equal(60, settled.TxDepth);
        Assert.Equal(60, settled.RxDepth);
        Assert.Equal(60, settled.CqModeration);
    }

    [Fact]
    public void A_changed_byte_of_a_checked_message_is_found()
    {
        byte[] message = new byte[10_000];
        BallPattern.Fill(message, 7);
        Assert.Equal(-1, BallPattern.FindDifference(message, 7));
        Assert.NotEqual(-1, BallPattern.FindDifference(message, 8));

        foreach (int place in new[] { 0, 1, 4096, 9_999 })
        {
            message[place] ^= 1;
            Assert.Equal(place, BallPattern.FindDifference(message, 7));
            message[place] ^= 1;
        }
    }

    [Fact]
    public void Messages_of_the_C_programs_are_known()
    {
        byte[] message = new byte[10_000];
        message.AsSpan().Fill(0x7b);
        Assert.True(BallPattern.IsOfC(message));
        message[0] = message[4096] = message[8192] = 0; // as their -c has it
        Assert.True(BallPattern.IsOfC(message));
        message[5] = 0;
        Assert.False(BallPattern.IsOfC(message));
    }
}
