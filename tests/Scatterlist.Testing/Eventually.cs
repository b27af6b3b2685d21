using System.Diagnostics;

namespace Scatterlist.Testing;

/// <summary>Waits, for a bounded time, until something is so. Never asserts how long it took.</summary>
public static class Eventually
{
    /// <summary>Far more than any healthy run needs: it only bounds how long a broken one hangs.</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(20);

    /// <summary>Polls until <paramref name="condition"/> holds.</summary>
    /// <param name="condition">What must become true.</param>
    /// <param name="message">What to report when it does not.</param>
    /// <param name="limit">How long to wait; null for <see cref="DefaultLimit"/>.</param>
    public static void True(Func<bool> condition, string message, TimeSpan? limit = null) =>
        True(condition, () => message, limit);

    /// <summary>Polls until <paramref name="condition"/> holds; the message is made at the end of the wait.</summary>
    /// <param name="condition">What must become true.</param>
    /// <param name="message">What to report when it does not.</param>
    /// <param name="limit">How long to wait; null for <see cref="DefaultLimit"/>.</param>
    public static void True(Func<bool> condition, Func<string> message, TimeSpan? limit = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentNullException.ThrowIfNull(message);
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > (limit ?? DefaultLimit))
            {
                if (!condition())
                    Assert.Fail($"Waited {(limit ?? DefaultLimit).TotalSeconds} s in vain. {message()}");
                return;
            }

            Thread.Sleep(1);
        }
    }

    /// <summary>Polls without blocking a thread until <paramref name="condition"/> holds.</summary>
    /// <param name="condition">What must become true.</param>
    /// <param name="message">What to report when it does not.</param>
    /// <param name="limit">How long to wait; null for <see cref="DefaultLimit"/>.</param>
    public static async Task TrueAsync(Func<bool> condition, string message, TimeSpan? limit = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > (limit ?? DefaultLimit))
            {
                if (!condition())
                    Assert.Fail($"Waited {(limit ?? DefaultLimit).TotalSeconds} s in vain. {message}");
                return;
            }

            await Task.Delay(1).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Collects garbage and runs finalizers until <paramref name="condition"/> holds, for tests of objects that nobody
    /// disposed. Make those objects in a method of their own that is not inlined, or the stack keeps them.
    /// </summary>
    /// <param name="condition">What must become true.</param>
    /// <param name="message">What to report when it does not.</param>
    public static void TrueAfterCollection(Func<bool> condition, string message)
    {
        ArgumentNullException.ThrowIfNull(condition);
        True(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return condition();
            },
            message);
    }
}
