namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>
/// Reads memory while a peer writes round after round into it, all bytes the round's number: when the last byte has a
/// round's number, every byte before it must have it too, or a later one.
/// </summary>
internal sealed class WriteWatch(RegisteredMemory memory, int length, int rounds)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Watches until the last round; what was wrong, or an empty text.</summary>
    internal string Run()
    {
        Span<byte> bytes = memory.Bytes(0, length);
        long deadline = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        byte last = 0;
        var spin = default(SpinWait);
        while (last != (byte)rounds)
        {
            byte now = Volatile.Read(ref bytes[length - 1]);
            if (now == last)
            {
                spin.SpinOnce(sleep1Threshold: 1000);
                if (Environment.TickCount64 > deadline)
                    return $"Round {last} of {rounds} stayed the last one.";
                continue;
            }

            last = now;
            for (int i = length - 2; i >= 0; i--)
            {
                // Rounds are fewer than 128, so that an older one is a negative difference.
                byte other = Volatile.Read(ref bytes[i]);
                if ((sbyte)(other - now) < 0)
                    return $"The last byte is of round {now}, byte {i} of {length} still of round {other}.";
            }
        }

        return "";
    }
}
