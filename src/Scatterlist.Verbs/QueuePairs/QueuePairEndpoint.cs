using System.Buffers.Binary;
using System.Globalization;

namespace Scatterlist.Verbs;

/// <summary>
/// What a peer needs to know to connect: GID, queue pair number, first packet sequence number, MTU and LID. A value to
/// send anywhere, in <see cref="Size"/> bytes or as text. It holds no key to memory; a datagram's queue key is in it.
/// </summary>
public readonly record struct QueuePairEndpoint : IParsable<QueuePairEndpoint>
{
    /// <summary>Bytes of the binary form.</summary>
    public const int Size = 36;

    /// <summary>The version of both forms.</summary>
    public const byte Version = 1;

    /// <summary>The largest packet sequence number and queue pair number: 24 bits.</summary>
    public const uint MaxNumber = 0xffffff;

    private const string Prefix = "v1,qp";

    /// <summary>Puts one together, as for a peer that tells its parts in another way.</summary>
    /// <param name="gid">The GID that the peer sends from. Zero on InfiniBand without a global route.</param>
    /// <param name="number">The peer's queue pair, 24 bits and not 0.</param>
    /// <param name="psn">The first packet sequence number that the peer sends, 24 bits.</param>
    /// <param name="mtu">The largest payload that the peer takes.</param>
    /// <param name="lid">The peer's LID; 0 on Ethernet.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number does not fit, or there is no such MTU.</exception>
    public QueuePairEndpoint(Gid gid, uint number, uint psn, Mtu mtu, ushort lid = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MaxNumber);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(psn, MaxNumber);
        ArgumentOutOfRangeException.ThrowIfLessThan((int)mtu, (int)Mtu.Bytes256, nameof(mtu));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)mtu, (int)Mtu.Bytes4096, nameof(mtu));
        Gid = gid;
        Number = number;
        Psn = psn;
        Mtu = mtu;
        Lid = lid;
    }

    /// <summary>The GID that the queue pair sends from.</summary>
    public Gid Gid { get; }

    /// <summary>The queue pair's number.</summary>
    public uint Number { get; }

    /// <summary>The first packet sequence number that the queue pair sends.</summary>
    public uint Psn { get; }

    /// <summary>The largest payload that it takes; the smaller one of both ends is used.</summary>
    public Mtu Mtu { get; }

    /// <summary>The port's LID; 0 on Ethernet.</summary>
    public ushort Lid { get; }

    /// <summary>The queue pair's kind. Both ends have the same.</summary>
    public QueuePairType Type { get; init; } = QueuePairType.ReliableConnected;

    /// <summary>The reads and atomic operations that it answers at a time; the peer never has more outstanding.</summary>
    public byte ReadAtomicDepth { get; init; } = 1;

    /// <summary>The queue key, of datagrams.</summary>
    public uint QueueKey { get; init; }

    /// <summary>
    /// Writes the binary form, in network order: version, type, MTU code, depth, number (4), PSN (4), queue key (4),
    /// LID (2), two zero bytes, GID (16).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="destination"/> is shorter than
    /// <see cref="Size"/>.</exception>
    public void Write(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Size, nameof(destination));
        destination[0] = Version;
        destination[1] = (byte)Type;
        destination[2] = (byte)Mtu;
        destination[3] = ReadAtomicDepth;
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Number);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Psn);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], QueueKey);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], (uint)Lid << 16);
        Gid.CopyTo(destination[20..]);
    }

    /// <summary>Reads the binary form. False unless it is one in full, of this version; any bytes may come.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out QueuePairEndpoint endpoint)
    {
        endpoint = default;
        if (source.Length != Size || source[0] != Version)
            return false;
        uint lid = BinaryPrimitives.ReadUInt32BigEndian(source[16..]);
        return (lid & 0xffff) == 0 && TryMake(
            (QueuePairType)source[1],
            (Mtu)source[2],
            source[3],
            BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[12..]),
            (ushort)(lid >> 16),
            new Gid(source[20..]),
            out endpoint);
    }

    /// <summary>Reads the text form, as <see cref="ToString"/> writes it.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static QueuePairEndpoint Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return TryParse(s, out QueuePairEndpoint endpoint)
            ? endpoint
            : throw new FormatException(
                $"'{s}' is not an endpoint: {Prefix},rc|uc|ud,qpn=..,psn=..,mtu=..,depth=..,qkey=..,lid=..,gid=..");
    }

    /// <summary>Reads the text form; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out QueuePairEndpoint endpoint)
    {
        endpoint = default;
        var fields = new TextFields(text);
        if (!fields.TryTake(Prefix)
            || !fields.TryTake(out ReadOnlySpan<char> type)
            || !fields.TryTake("qpn", MaxNumber, out ulong number)
            || !fields.TryTake("psn", MaxNumber, out ulong psn)
            || !fields.TryTake("mtu", 4096, out ulong mtu)
            || !fields.TryTake("depth", byte.MaxValue, out ulong depth)
            || !fields.TryTake("qkey", uint.MaxValue, out ulong queueKey)
            || !fields.TryTake("lid", ushort.MaxValue, out ulong lid)
            || !fields.TryTake("gid", out ReadOnlySpan<char> gidText)
            || !fields.IsAtEnd
            || !Gid.TryParse(gidText, null, out Gid gid))
        {
            return false;
        }

        QueuePairType kind = type switch
        {
            "rc" => QueuePairType.ReliableConnected,
            "uc" => QueuePairType.UnreliableConnected,
            "ud" => QueuePairType.UnreliableDatagram,
            _ => 0,
        };
        return MtuBytes.TryFromBytes(mtu, out Mtu code)
            && TryMake(
                kind, code, (byte)depth, (uint)number, (uint)psn, (uint)queueKey, (ushort)lid, gid, out endpoint);
    }

    /// <inheritdoc/>
    static bool IParsable<QueuePairEndpoint>.TryParse(
        string? s, IFormatProvider? provider, out QueuePairEndpoint result) => TryParse(s, out result);

    /// <summary>The text form: <c>v1,qp,rc,qpn=0x000011,psn=..,mtu=1024,depth=16,qkey=0x0,lid=0,gid=..</c>.</summary>
    public override string ToString()
    {
        if (Mtu == 0)
            return $"{Prefix},empty"; // the default value, which is no endpoint
        string type = Type switch
        {
            QueuePairType.UnreliableConnected => "uc",
            QueuePairType.UnreliableDatagram => "ud",
            _ => "rc",
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Prefix},{type},qpn=0x{Number:x6},psn=0x{Psn:x6},mtu={(Mtu == 0 ? 0 : MtuBytes.ToBytes(Mtu))},"
            + $"depth={ReadAtomicDepth},qkey=0x{QueueKey:x},lid={Lid},gid={Gid}");
    }

    private static bool TryMake(
        QueuePairType type, Mtu mtu, byte depth, uint number, uint psn, uint queueKey, ushort lid, Gid gid,
        out QueuePairEndpoint endpoint)
    {
        endpoint = default;
        if (type is < QueuePairType.ReliableConnected or > QueuePairType.UnreliableDatagram
            || mtu is < Mtu.Bytes256 or > Mtu.Bytes4096
            || number is 0 or > MaxNumber
            || psn > MaxNumber
            || (gid.IsZero && lid == 0))
        {
            return false;
        }

        endpoint = new QueuePairEndpoint(gid, number, psn, mtu, lid)
        {
            Type = type, ReadAtomicDepth = depth, QueueKey = queueKey,
        };
        return true;
    }
}
