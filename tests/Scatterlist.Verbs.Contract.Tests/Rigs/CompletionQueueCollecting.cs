using System.Diagnostics;

namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>Waiting for completions by polling, for a bounded time.</summary>
internal static class CompletionQueueCollecting
{
    /// <summary>Far more than any healthy run needs.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>Polls until <paramref name="count"/> completions came or the time is over; returns what came.</summary>
    internal static IReadOnlyList<Completion> Collect(
        this CompletionQueue queue, int count, TimeSpan limit, int most = 0)
    {
        var found = new List<Completion>();
        var batch = new WorkCompletion[Math.Max(Math.Max(count, most), 1)];
        long start = Stopwatch.GetTimestamp();
        var spin = default(SpinWait);
        while (true)
        {
            int polled = queue.Poll(batch.AsSpan(0, Math.Max(count, most) - found.Count));
            for (int i = 0; i < polled; i++)
                found.Add(Completion.From(batch[i]));
            if (found.Count >= count)
                return found;
            if (polled != 0)
                spin.Reset();
            else if (Stopwatch.GetElapsedTime(start) > limit)
                return found;
            spin.SpinOnce();
        }
    }

    /// <summary>The next completion; fails when none comes.</summary>
    internal static Completion Next(this CompletionQueue queue)
    {
        IReadOnlyList<Completion> found = queue.Collect(1, Limit);
        return found.Count == 1 ? found[0] : throw new TimeoutException($"No completion within {Limit}.");
    }

    /// <summary>The next completions; fails when fewer come.</summary>
    internal static IReadOnlyList<Completion> Next(this CompletionQueue queue, int count)
    {
        IReadOnlyList<Completion> found = queue.Collect(count, Limit);
        return found.Count == count
            ? found
            : throw new TimeoutException($"{found.Count} of {count} completions within {Limit}.");
    }

    /// <summary>Fails when a completion is there, or comes soon.</summary>
    internal static void AssertNone(this CompletionQueue queue) =>
        Assert.Empty(queue.Collect(1, TimeSpan.FromMilliseconds(20)));
}
