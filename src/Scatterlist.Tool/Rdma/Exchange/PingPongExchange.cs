using System.Globalization;
using System.Text;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma.Exchange;

/// <summary>
/// What ibv_rc_pingpong and its kin say over TCP: each end sends 52 bytes, <c>LID:QPN:PSN:GID</c> in hexadecimal digits
/// of fixed width with a NUL at the end; the client first, the server once it can receive; then the client sends
/// <c>done</c> with its NUL.
/// </summary>
internal static class PingPongExchange
{
    /// <summary>Bytes of a message, with its NUL.</summary>
    internal const int MessageSize = 52;

    private const int GidStart = 19;
    private static readonly byte[] Done = "done\0"u8.ToArray();

    /// <summary>Swaps addresses.</summary>
    /// <param name="channel">The connection.</param>
    /// <param name="local">The own address.</param>
    /// <param name="connect">Makes the queue pair ready to receive from the peer; called before the server answers.
    /// </param>
    internal static PeerAddress Swap(ControlChannel channel, PeerAddress local, Action<PeerAddress> connect)
    {
        byte[] message = new byte[MessageSize];
        if (!channel.IsServer)
            channel.Send(Format(local));
        channel.ReceivePromptly(message, "its address");
        PeerAddress remote = Parse(message);
        if (channel.IsServer)
        {
            connect(remote);
            channel.Send(Format(local));
            byte[] done = new byte[Done.Length];
            channel.ReceivePromptly(done, "its 'done'");
        }
        else
        {
            channel.Send(Done);
            connect(remote);
        }

        return remote;
    }

    internal static byte[] Format(PeerAddress address)
    {
        Span<byte> gid = stackalloc byte[Gid.Size];
        address.Gid.CopyTo(gid);
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{address.Lid:x4}:{address.QueuePairNumber:x6}:{address.Psn:x6}:{Convert.ToHexStringLower(gid)}\0");
        return Encoding.ASCII.GetBytes(text);
    }

    internal static PeerAddress Parse(ReadOnlySpan<byte> message)
    {
        string text = Encoding.ASCII.GetString(message);
        string[] fields = text.TrimEnd('\0').Split(':');
        try
        {
            if (message.Length == MessageSize && fields.Length == 4 && fields[3].Length == MessageSize - GidStart - 1)
            {
                return new PeerAddress(
                    checked((ushort)HexField.Parse(fields[0], ushort.MaxValue)),
                    (uint)HexField.Parse(fields[1], 0xff_ffff),
                    (uint)HexField.Parse(fields[2], 0xff_ffff),
                    new Gid(Convert.FromHexString(fields[3])));
            }
        }
        catch (FormatException)
        {
        }

        throw new PeerException($"the peer does not speak as ibv_rc_pingpong does: it sent {HexField.Quote(text)}");
    }
}
