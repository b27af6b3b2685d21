using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Scatterlist.Tool.Rdma.Exchange;

/// <summary>
/// What perftest's programs say over TCP, as of its version 6.06: versions, buffer and cache line sizes, the MTU, the keys
/// of every queue pair, reports. In every round the client speaks first.
/// </summary>
/// <param name="channel">The connection.</param>
/// <param name="withGid">Whether keys carry GIDs, as they do on Ethernet.</param>
internal sealed class PerftestExchange(ControlChannel channel, bool withGid)
{
    /// <summary>The version that we pass for: what follows is what that one says.</summary>
    internal const string Version = "6.06";

    private const int VersionSize = 16;
    private const int MtuSize = 2;
    private const int LargestPart = 1 << 20;
    private const double OldestPeer = 5.70; // perftest's own limit

    private static readonly byte[] Done = "done\0"u8.ToArray();

    internal ControlChannel Channel => channel;

    /// <summary>Whether the keys carry GIDs.</summary>
    internal bool WithGid => withGid;

    /// <summary>Swaps versions, then the sizes by which buffers are laid out: the larger one counts at both ends.</summary>
    internal (int CycleSize, int CacheLine) SwapSystem(int cycleSize, int cacheLine)
    {
        byte[] version = new byte[VersionSize];
        Encoding.ASCII.GetBytes(Version, version);
        string peer = Encoding.ASCII.GetString(Swap(version, "its version")).TrimEnd('\0');
        if (!double.TryParse(peer, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            throw new PeerException($"the peer does not speak as perftest does: its version is {HexField.Quote(peer)}");
        if (number < OldestPeer)
            throw new PeerException($"the peer is perftest {HexField.Quote(peer)}, and the oldest that fits is {OldestPeer:0.00}");
        return (SwapSize(cycleSize, "its buffer size"), SwapSize(cacheLine, "its cache line"));
    }

    /// <summary>Swaps the MTU's codes (1 to 5); the smaller one counts at both ends.</summary>
    internal int SwapMtu(int mtu)
    {
        byte[] answer = Swap([(byte)('0' + mtu), 0], "its MTU");
        int peer = answer[0] - '0';
        return peer is >= 1 and <= 5 ? Math.Min(mtu, peer) : mtu;
    }

    /// <summary>Swaps keys: to tell them, and as a barrier, since both ends wait for each other.</summary>
    /// <param name="local">The own keys.</param>
    /// <param name="isTestBetween">
    /// Whether the peer may be silent for as long as a test takes. Else it has as long as setting up may take.
    /// </param>
    internal PerftestKeys SwapKeys(PerftestKeys local, bool isTestBetween = false)
    {
        byte[] answer = Swap(
            local.Format(withGid), "its keys", withGid ? PerftestKeys.SizeWithGid : PerftestKeys.SizeWithoutGid,
            isTestBetween);
        return PerftestKeys.Parse(answer, withGid);
    }

    /// <summary>Swaps what each end measured.</summary>
    internal BandwidthReport SwapReport(BandwidthReport local)
    {
        ulong size = BinaryPrimitives.ReadUInt64BigEndian(Swap(Bytes(local.Size), "its report", isTestBetween: true));
        ulong iterations = BinaryPrimitives.ReadUInt64BigEndian(Swap(Bytes(local.Iterations), "its report", isTestBetween: true));
        double peak = SwapNumber(local.PeakBandwidth), average = SwapNumber(local.AverageBandwidth);
        return new BandwidthReport(size, iterations, peak, average, SwapNumber(local.MessageRate));
    }

    /// <summary>The last words: a round of keys, then each end says that it is done.</summary>
    internal void Close(PerftestKeys local)
    {
        SwapKeys(local, isTestBetween: true);
        channel.Send(Done);
    }

    private byte[] Swap(byte[] mine, string what, int? size = null, bool isTestBetween = false)
    {
        byte[] answer = new byte[size ?? mine.Length];
        if (!channel.IsServer)
            channel.Send(mine);
        if (isTestBetween)
            channel.Receive(answer, what);
        else
            channel.ReceivePromptly(answer, what);
        if (channel.IsServer)
            channel.Send(mine);
        return answer;
    }

    private int SwapSize(int mine, string what)
    {
        byte[] bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, mine);
        int peer = BinaryPrimitives.ReadInt32BigEndian(Swap(bytes, what));
        return peer is >= 0 and <= LargestPart
            ? Math.Max(mine, peer)
            : throw new PeerException($"the peer does not speak as perftest does: {what} is {peer}");
    }

    private double SwapNumber(double mine)
    {
        byte[] bytes = new byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, mine);
        return BinaryPrimitives.ReadDoubleBigEndian(Swap(bytes, "its report", isTestBetween: true));
    }

    private static byte[] Bytes(ulong number)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        return bytes;
    }
}
