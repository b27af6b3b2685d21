namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// A clock of the card, with the limits of its PLL: 100 MHz in, multiplied by M, divided by D (which gives the VCO's
/// rate) and by O. What is achieved is the nearest rate that whole M, D and O can make (vrtd wire specification §5).
/// </summary>
internal sealed class ClockWizard
{
    internal const uint PowerOnRate = 100_000_000;

    private const ulong InputRate = 100_000_000;
    private const ulong MinVco = 2_160_000_000;
    private const ulong MaxVco = 4_320_000_000;
    private const ulong MinMultiplier = 4;
    private const ulong MaxMultiplier = 432;
    private const ulong MaxDivider = 123;
    private const ulong MinOutputDivider = 2;
    private const ulong MaxOutputDivider = 511;
    private const double Tolerance = 500_000;

    /// <summary>The achieved rate in Hz, rounded down.</summary>
    internal uint Rate { get; private set; } = PowerOnRate;

    internal void Reset() => Rate = PowerOnRate;

    /// <summary>Sets the nearest rate; false, with the rate unchanged, when none lies within 0.5 MHz.</summary>
    internal bool TrySet(uint wanted, bool roundDown)
    {
        if (!TryFind(wanted, roundDown, out double achieved))
            return false;
        Rate = (uint)achieved;
        return true;
    }

    internal static bool TryFind(uint wanted, bool roundDown, out double achieved)
    {
        achieved = 0;
        double best = double.PositiveInfinity;
        for (ulong divider = 1; divider <= MaxDivider; divider++)
        {
            ulong lowest = Math.Max(MinMultiplier, ((MinVco * divider) + InputRate - 1) / InputRate);
            ulong highest = Math.Min(MaxMultiplier, MaxVco * divider / InputRate);
            for (ulong multiplier = lowest; multiplier <= highest; multiplier++)
            {
                double vco = (double)(InputRate * multiplier) / divider;
                ulong near = (ulong)(vco / wanted);
                for (ulong output = near; output <= near + 1; output++)
                {
                    double rate = vco / Math.Clamp(output, MinOutputDivider, MaxOutputDivider);
                    double error = Math.Abs(rate - wanted);
                    if (error < best && !(roundDown && rate > wanted))
                        (best, achieved) = (error, rate);
                }
            }
        }

        return best <= Tolerance;
    }
}
