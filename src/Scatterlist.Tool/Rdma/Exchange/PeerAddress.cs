using System.Globalization;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma.Exchange;

/// <summary>What one end of a queue pair must know of the other.</summary>
/// <param name="Lid">The LID; 0 on Ethernet.</param>
/// <param name="QueuePairNumber">24 bits.</param>
/// <param name="Psn">The first packet sequence number that it sends, 24 bits.</param>
/// <param name="Gid">The GID; zero where none is used.</param>
internal readonly record struct PeerAddress(ushort Lid, uint QueuePairNumber, uint Psn, Gid Gid)
{
    /// <summary>In the words of ibv_rc_pingpong, after "local address:" or "remote address:".</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"LID 0x{Lid:x4}, QPN 0x{QueuePairNumber:x6}, PSN 0x{Psn:x6}, GID {AddressText(Gid)}");

    // inet_ntop's text of an IPv6 address, whatever the GID stands for.
    private static string AddressText(Gid gid)
    {
        Span<byte> bytes = stackalloc byte[Gid.Size];
        gid.CopyTo(bytes);
        return new System.Net.IPAddress(bytes).ToString();
    }
}
