namespace Scatterlist.Verbs;

/// <summary>The codes of local ack timeouts and of RNR timers, and the times that they stand for.</summary>
public static class WireTimers
{
    // InfiniBand specification, table 45, in microseconds; code 0 is the longest.
    private static readonly int[] RnrMicroseconds =
    [
        655360, 10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960, 1280, 1920, 2560, 3840, 5120, 7680, 10240,
        15360, 20480, 30720, 40960, 61440, 81920, 122880, 163840, 245760, 327680, 491520,
    ];

    /// <summary>The time that an ack timeout code stands for: 4.096 us * 2^code; 0 waits for ever.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The code is above 31.</exception>
    public static TimeSpan AckTimeout(byte code)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, (byte)31);
        return code == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromTicks((4096L << code) / 100);
    }

    /// <summary>The smallest ack timeout code that waits at least <paramref name="time"/>; 0 for ever.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, or above the largest, 2.4 hours.</exception>
    public static byte AckTimeoutCode(TimeSpan time)
    {
        if (time == Timeout.InfiniteTimeSpan)
            return 0;
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(time, AckTimeout(31));
        byte code = 1;
        while (AckTimeout(code) < time)
            code++;
        return code;
    }

    /// <summary>The time that an RNR timer code stands for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The code is above 31.</exception>
    public static TimeSpan RnrTimer(byte code)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, (byte)31);
        return TimeSpan.FromMicroseconds(RnrMicroseconds[code]);
    }

    /// <summary>The RNR timer code of the shortest wait of at least <paramref name="time"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, or above the largest, 655.36 ms.</exception>
    public static byte RnrTimerCode(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(time, RnrTimer(0));
        for (byte code = 1; code < 32; code++)
        {
            if (RnrTimer(code) >= time)
                return code;
        }

        return 0;
    }
}
