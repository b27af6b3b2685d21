namespace Scatterlist.Verbs;

/// <summary>The path to a peer (struct ibv_ah_attr): the address vector of a queue pair, or of a datagram.</summary>
public readonly record struct AddressHandleAttributes
{
    /// <summary>A path by GID, as RoCE needs it.</summary>
    /// <param name="destination">The peer's GID.</param>
    /// <param name="sourceGidIndex">The index of the own GID in the port's table.</param>
    /// <param name="port">The own port, from 1.</param>
    public AddressHandleAttributes(Gid destination, byte sourceGidIndex = 0, byte port = 1)
    {
        Destination = destination;
        SourceGidIndex = sourceGidIndex;
        Port = port;
        IsGlobal = true;
    }

    /// <summary>The peer's GID.</summary>
    public Gid Destination { get; init; }

    /// <summary>The index of the own GID in the port's table.</summary>
    public byte SourceGidIndex { get; init; }

    /// <summary>Hops that packets may take. Default: 64.</summary>
    public byte HopLimit { get; init; } = 64;

    /// <summary>The traffic class: on RoCE v2 the IP header's TOS or traffic class byte.</summary>
    public byte TrafficClass { get; init; }

    /// <summary>The flow label, 20 bits.</summary>
    public uint FlowLabel { get; init; }

    /// <summary>The own port, from 1.</summary>
    public byte Port { get; init; }

    /// <summary>Whether the path has a global route (the GID). Always so on RoCE.</summary>
    public bool IsGlobal { get; init; }

    /// <summary>The peer's LID, on InfiniBand.</summary>
    public ushort DestinationLid { get; init; }

    /// <summary>The service level.</summary>
    public byte ServiceLevel { get; init; }

    /// <summary>The low bits of the own LID to use, on InfiniBand.</summary>
    public byte SourcePathBits { get; init; }

    /// <summary>The rate limit of the path (enum ibv_rate); 0: the port's.</summary>
    public byte StaticRate { get; init; }
}
