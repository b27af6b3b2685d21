namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>Arithmetic of packet sequence numbers: 24 bits that wrap, compared by their signed difference.</summary>
internal static class Psn
{
    internal const uint Mask = 0xff_ffff;

    /// <summary>The number <paramref name="count"/> packets later (or earlier, when negative).</summary>
    internal static uint Add(uint psn, int count) => (psn + (uint)count) & Mask;

    /// <summary>The next number.</summary>
    internal static uint Next(uint psn) => (psn + 1) & Mask;

    /// <summary>How far <paramref name="later"/> lies behind <paramref name="earlier"/>: -2^23 .. 2^23 - 1.</summary>
    internal static int Distance(uint later, uint earlier) => (int)((later - earlier) << 8) >> 8;

    /// <summary>Whether <paramref name="a"/> comes before <paramref name="b"/>.</summary>
    internal static bool IsBefore(uint a, uint b) => Distance(a, b) < 0;

    /// <summary>How many packets a message has, which is also how many numbers a READ of that length takes.</summary>
    /// <param name="length">Bytes of the message; none still takes one packet.</param>
    /// <param name="mtu">Payload bytes of a full packet.</param>
    internal static uint CountPackets(uint length, int mtu) =>
        length == 0 ? 1 : (uint)(((ulong)length + (uint)mtu - 1) / (uint)mtu);
}
