using System.Globalization;
using System.Text;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma.Exchange;

/// <summary>
/// What perftest's programs tell of one queue pair: hexadecimal fields of fixed width, with a GID on Ethernet (108 bytes)
/// or without one (59 bytes), and a NUL at the end.
/// </summary>
/// <param name="Address">LID, number, PSN and GID.</param>
/// <param name="OutstandingReads">Reads and atomics that it has under way at most.</param>
/// <param name="RemoteKey">The key of the memory that the peer may use.</param>
/// <param name="RemoteAddress">The first byte of that memory.</param>
/// <param name="SharedReceiveQueueNumber">0 without XRC.</param>
internal readonly record struct PerftestKeys(
    PeerAddress Address, uint OutstandingReads, uint RemoteKey, ulong RemoteAddress, uint SharedReceiveQueueNumber = 0)
{
    internal const int SizeWithGid = 108;
    internal const int SizeWithoutGid = 59;

    private const int NumberFields = 6; // before the GID

    internal byte[] Format(bool withGid)
    {
        var text = new StringBuilder(SizeWithGid);
        text.Append(
            CultureInfo.InvariantCulture,
            $"{Address.Lid:x4}:{OutstandingReads:x4}:{Address.QueuePairNumber:x6}:{Address.Psn:x6}:{RemoteKey:x8}:");
        text.Append(CultureInfo.InvariantCulture, $"{RemoteAddress:x16}:");
        if (withGid)
        {
            byte[] gid = new byte[Gid.Size];
            Address.Gid.CopyTo(gid);
            foreach (byte part in gid)
                text.Append(CultureInfo.InvariantCulture, $"{part:x2}:");
        }

        text.Append(CultureInfo.InvariantCulture, $"{SharedReceiveQueueNumber:x8}");
        text.Append(withGid ? ":\0" : "\0");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    internal static PerftestKeys Parse(ReadOnlySpan<byte> message, bool withGid)
    {
        string text = Encoding.ASCII.GetString(message);
        int end = text.IndexOf('\0', StringComparison.Ordinal);
        string[] fields = (end < 0 ? text : text[..end]).TrimEnd(':').Split(':');
        try
        {
            if (fields.Length == NumberFields + 1 + (withGid ? Gid.Size : 0))
                return Parse(fields);
        }
        catch (FormatException)
        {
        }

        throw new PeerException($"the peer does not speak as perftest does: it sent {HexField.Quote(text)}");
    }

    private static PerftestKeys Parse(string[] fields)
    {
        byte[] gid = new byte[Gid.Size];
        for (int i = NumberFields; i < fields.Length - 1; i++)
            gid[i - NumberFields] = (byte)HexField.Parse(fields[i], byte.MaxValue);
        var address = new PeerAddress(
            (ushort)HexField.Parse(fields[0], ushort.MaxValue),
            (uint)HexField.Parse(fields[2], 0xff_ffff),
            (uint)HexField.Parse(fields[3], 0xff_ffff),
            new Gid(gid));
        return new PerftestKeys(
            address,
            (uint)HexField.Parse(fields[1], ushort.MaxValue),
            (uint)HexField.Parse(fields[4], uint.MaxValue),
            HexField.Parse(fields[5], ulong.MaxValue),
            (uint)HexField.Parse(fields[^1], uint.MaxValue));
    }
}
