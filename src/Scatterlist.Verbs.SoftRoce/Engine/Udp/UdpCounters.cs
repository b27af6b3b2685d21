namespace Scatterlist.Verbs.SoftRoce.Engine.Udp;

/// <summary>What a port has seen; read without the lock it may be a little old.</summary>
internal struct UdpCounters
{
    /// <summary>Good packets that were given to the handler.</summary>
    internal long Received;

    /// <summary>Packets that the kernel took.</summary>
    internal long Sent;

    /// <summary>Dropped: the ICRC is wrong.</summary>
    internal long BadIcrc;

    /// <summary>Dropped: shorter than a BTH and an ICRC.</summary>
    internal long TooShort;

    /// <summary>Dropped: longer than any packet, or of an address that is none.</summary>
    internal long Malformed;

    /// <summary>Packets that the kernel refused for good: no route, too long for the network, no device.</summary>
    internal long SendErrors;

    /// <summary>How often the socket's buffer was full and the rest was kept.</summary>
    internal long SendBlocked;

    /// <summary>Packets that <see cref="UdpFaults"/> lost, doubled, reordered or damaged.</summary>
    internal long Faults;
}
