namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>Powers of x that were asked for lately: packets come in few lengths. Thread-safe.</summary>
internal static class PowerCache
{
    private const int Size = 64;

    // An entry is the exponent's low half above the power, so that both are read at once.
    private static readonly ulong[] Entries = new ulong[Size];

    /// <summary>x^n modulo the CRC's polynomial.</summary>
    /// <param name="n">The exponent; a negative one divides.</param>
    internal static uint Get(int n)
    {
        ref ulong entry = ref Entries[((n >> 5) ^ (n >> 11)) & (Size - 1)];
        ulong found = Volatile.Read(ref entry);
        if ((int)(found >> 32) == n && found != 0)
            return (uint)found;
        uint power = Gf32.Power(n);
        Volatile.Write(ref entry, ((ulong)(uint)n << 32) | power);
        return power;
    }
}
