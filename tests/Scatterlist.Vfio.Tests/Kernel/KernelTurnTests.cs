namespace Scatterlist.Vfio.Tests.Kernel;

/// <summary>Turns at a system call: one thread at a time, and no promise of it.</summary>
public sealed class KernelTurnTests
{
    [Fact]
    public void A_turn_is_one_threads_and_then_the_next_ones()
    {
        var turn = new KernelTurn();
        int inside = 0;
        int most = 0;
        int count = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                if (!turn.TryTake())
                    continue;
                most = Math.Max(most, Interlocked.Increment(ref inside)); // by the one who has the turn
                count++;
                Interlocked.Decrement(ref inside);
                turn.GiveBack();
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(1, most);
        Assert.InRange(count, 1, 40_000);
    }

    [Fact]
    public void Who_has_waited_long_goes_on_without()
    {
        var turn = new KernelTurn();
        Assert.True(turn.TryTake());
        Assert.False(turn.TryTake());
        turn.GiveBack();
        Assert.True(turn.TryTake());
    }
}
