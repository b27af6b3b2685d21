using Scatterlist.Verbs.Tests.Fakes;
using Scatterlist.Verbs.Tests.SoftNics;

namespace Scatterlist.Verbs.Tests.Waiting;

/// <summary>What waiting allocates on all threads together. It runs alone: others would be counted as well.</summary>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationTests
{
    [Fact]
    public async Task Awaiting_by_events_allocates_nothing_anywhere()
    {
        using var pair = new Pair();
        pair.FakeQueuePair.Records = false;
        using var cancel = new CancellationTokenSource();
        long least = long.MaxValue;
        for (int series = 0; series < 6 && least >= 100 * 24; series++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await Write(pair, 100, cancel.Token);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        // The smallest object has 24 bytes, and there are 100 waits: anything per wait shows. The runtime itself
        // allocates now and then, hence the least of several series.
        Assert.InRange(least, 0, (100 * 24) - 1);

        static async Task Write(Pair pair, int count, CancellationToken cancellationToken)
        {
            for (int i = 0; i < count; i++)
            {
                ValueTask<WorkCompletion> write = pair.QueuePair.WriteAsync(pair.Write(), cancellationToken);
                Assert.False(write.IsCompleted);
                pair.FakeQueuePair.CompleteSends(1);
                await write;
            }
        }
    }

    [Fact]
    public async Task Waiting_and_polling_allocates_nothing_per_wait()
    {
        using var pair = new Pair();
        pair.FakeQueuePair.Records = false;
        long least = long.MaxValue;
        for (int series = 0; series < 6 && least >= 100 * 24; series++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 100; i++)
            {
                pair.QueuePair.PostWrite(pair.Write(), 1);
                ValueTask wait = pair.Queue.WaitAsync();
                pair.FakeQueuePair.CompleteSends(1);
                await wait;
                Assert.True(pair.Queue.TryPoll(out _));
            }

            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.InRange(least, 0, (100 * 24) - 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Awaiting_over_a_real_nic_allocates_nothing_per_operation(bool sameHost)
    {
        using var pair = new NicPair(sameHost);
        long least = long.MaxValue;
        for (int series = 0; series < 6 && least >= 100 * 24; series++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 100; i++)
            {
                (await pair.Left.QueuePair.WriteAsync(
                    new WriteWorkRequest(pair.Left.Region.Gather(0, 8), pair.Right.Region.Remote))).EnsureSuccess();
            }

            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.InRange(least, 0, (100 * 24) - 1);
    }
}
