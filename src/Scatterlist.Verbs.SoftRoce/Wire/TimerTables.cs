namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>The encoded times of the verbs, in microseconds.</summary>
internal static class TimerTables
{
    /// <summary>Codes of the RNR timer: 0..31.</summary>
    internal const int RnrCodes = 32;

    private static readonly int[] RnrMicroseconds =
    [
        655_360, 10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960, 1_280, 1_920,
        2_560, 3_840, 5_120, 7_680, 10_240, 15_360, 20_480, 30_720, 40_960, 61_440, 81_920, 122_880, 163_840, 245_760,
        327_680, 491_520,
    ];

    /// <summary>How long a requester waits after an RNR NAK of that code, of which the low five bits count.</summary>
    internal static long RnrDelay(byte code) => RnrMicroseconds[code & 0x1f];

    /// <summary>The acknowledge timeout 4.096 us * 2^code; 0, which means never, for code 0.</summary>
    internal static double AckTimeout(byte code) => (code & 0x1f) == 0 ? 0 : 4.096 * (1L << (code & 0x1f));

    /// <summary>How many requests an ACK's credit code allows; null for "no word" (0x1f).</summary>
    internal static int? Credits(byte code)
    {
        int value = code & 0x1f;
        if (value == 0x1f)
            return null;
        if (value < 2)
            return value;
        int power = 1 << (value / 2); // 2, 3, 4, 6, 8, 12, 16, 24 ...: a power of two, and one and a half of it
        return value % 2 == 0 ? power : power + (power / 2);
    }
}
