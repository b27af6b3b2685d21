using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Engine.Udp;

/// <summary>
/// Checks the ICRC of received packets. On IPv4 it covers the identification, which a socket does not see. Soft NICs send
/// k for the k-th segment, so that is tried first and checks all 32 bits. Kernels and cards count from anywhere: then the
/// identification that would make the packet good is found, and must follow the sender's last one.
/// </summary>
internal sealed unsafe class IcrcChecker
{
    private const int CacheSize = 64;
    private const int Ahead = 4096; // how far a counting sender's number may jump between two packets that reach us
    private const int Behind = 64; // how far it may be overtaken
    private const int AheadOfSoft = 16; // the same for one that numbers segments: the kernel may have merged others

    private readonly HeaderEntry[] _headers = new HeaderEntry[CacheSize];
    private readonly SenderEntry[] _senders = new SenderEntry[CacheSize];

    /// <summary>Checks one packet.</summary>
    /// <param name="packet">BTH through ICRC; one byte of it is written for the moment.</param>
    /// <param name="length">Bytes, enough for a BTH and the ICRC.</param>
    /// <param name="segment">Which packet of its message it was, from 0.</param>
    /// <param name="source">The sender.</param>
    /// <param name="local">The receiver.</param>
    /// <param name="sourcePort">In host order.</param>
    /// <param name="localPort">In host order.</param>
    /// <returns>IPv4's identification (0 for IPv6), or -1: the packet is damaged.</returns>
    internal int Check(
        byte* packet, int length, int segment, in Gid source, in Gid local, ushort sourcePort, ushort localPort)
    {
        int hash = source.GetHashCode();
        int covered = length - HeaderSizes.Icrc;
        uint state = HeaderState(hash, source, local, sourcePort, localPort, length);
        bool isIPv4 = source.IsIPv4;
        int expected = isIPv4 && segment < Icrc.MaxIdentification ? segment : 0;
        if (expected != 0)
            state = Icrc.WithIdentification(state, expected);
        uint difference = Icrc.Compute(state, packet, covered) ^ Icrc.Read(packet + covered);
        if (difference == 0)
        {
            if (isIPv4)
                Note(hash, source, sourcePort, expected, isSoft: true);
            return expected;
        }

        if (!isIPv4)
            return -1;

        // What was found is relative to the identification that was expected.
        int found = Icrc.RecoverIdentification(difference, covered);
        if (found < 0)
            return -1;
        found ^= expected;
        return Follows(hash, source, sourcePort, found) ? found : -1;
    }

    private uint HeaderState(
        int hash, in Gid source, in Gid local, ushort sourcePort, ushort localPort, int length)
    {
        ref HeaderEntry entry = ref _headers[(hash ^ sourcePort ^ (length >> 2)) & (CacheSize - 1)];
        if (entry.Length != length || entry.Port != sourcePort || entry.Source != source)
        {
            entry.Source = source;
            entry.Port = sourcePort;
            entry.Length = length;
            entry.State = Icrc.HeaderState(source, local, sourcePort, localPort, length);
        }

        return entry.State;
    }

    private void Note(int hash, in Gid source, ushort port, int identification, bool isSoft)
    {
        ref SenderEntry entry = ref _senders[(hash ^ port) & (CacheSize - 1)];
        if (!entry.IsUsed || entry.Port != port || entry.Source != source)
            entry = new SenderEntry { Source = source, Port = port, IsUsed = true };
        entry.Last = identification;
        entry.IsSoft |= isSoft;
    }

    private bool Follows(int hash, in Gid source, ushort port, int identification)
    {
        ref SenderEntry entry = ref _senders[(hash ^ port) & (CacheSize - 1)];
        if (!entry.IsUsed || entry.Port != port || entry.Source != source)
        {
            Note(hash, source, port, identification, isSoft: false);
            return true; // nothing is known of it: 16 of the 32 bits have spoken
        }

        bool follows = IsNear(identification, entry.Last, entry.IsSoft);
        if (!follows && entry.HasCandidate && IsNear(identification, entry.Candidate, entry.IsSoft))
        {
            follows = true; // the second in a row that counts on from elsewhere: the sender has moved
            entry.IsSoft = false;
        }

        entry.HasCandidate = !follows;
        if (follows)
            entry.Last = identification;
        else
            entry.Candidate = identification;
        return follows;
    }

    private static bool IsNear(int later, int earlier, bool isSoft)
    {
        int ahead = (short)(later - earlier);
        return isSoft ? ahead is > 0 and <= AheadOfSoft : ahead is >= -Behind and <= Ahead;
    }

    private struct HeaderEntry
    {
        internal Gid Source;
        internal ushort Port;
        internal int Length;
        internal uint State;
    }

    private struct SenderEntry
    {
        internal Gid Source;
        internal ushort Port;
        internal int Last;
        internal int Candidate;
        internal bool HasCandidate;
        internal bool IsSoft;
        internal bool IsUsed;
    }
}
