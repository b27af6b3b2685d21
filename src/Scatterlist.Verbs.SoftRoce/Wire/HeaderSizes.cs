namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>Bytes of each header (IBTA volume 1, chapter 9).</summary>
internal static class HeaderSizes
{
    internal const int Base = 12;
    internal const int Reth = 16;
    internal const int AtomicEth = 28;
    internal const int Aeth = 4;
    internal const int AtomicAckEth = 8;
    internal const int Immediate = 4;
    internal const int Invalidate = 4;
    internal const int Deth = 8;

    /// <summary>The invariant CRC behind the padding.</summary>
    internal const int Icrc = 4;

    /// <summary>The longest row of headers: BTH and AtomicETH.</summary>
    internal const int Longest = Base + AtomicEth;

    internal const int IPv4 = 20;
    internal const int IPv6 = 40;
    internal const int Udp = 8;

    /// <summary>What lies in front of a datagram's payload in the receiver's memory.</summary>
    internal const int GlobalRoute = 40;
}
