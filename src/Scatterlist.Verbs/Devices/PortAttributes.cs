namespace Scatterlist.Verbs;

/// <summary>A port's attributes (struct ibv_port_attr; ibv_query_port(3)).</summary>
public sealed record PortAttributes
{
    /// <summary>The logical state.</summary>
    public required PortState State { get; init; }

    /// <summary>The largest payload that the port supports.</summary>
    public required Mtu MaxMtu { get; init; }

    /// <summary>The largest payload that the link carries now.</summary>
    public required Mtu ActiveMtu { get; init; }

    /// <summary>Places in the GID table.</summary>
    public required int GidTableLength { get; init; }

    /// <summary>The largest message, in bytes.</summary>
    public required uint MaxMessageSize { get; init; }

    /// <summary>What the link is made of.</summary>
    public required LinkLayer LinkLayer { get; init; }

    /// <summary>Capability bits (enum ibv_port_cap_flags).</summary>
    public uint CapabilityFlags { get; init; }

    /// <summary>Packets that were refused for their partition key.</summary>
    public uint BadPartitionKeyCount { get; init; }

    /// <summary>Packets that were refused for their queue key.</summary>
    public uint QueueKeyViolationCount { get; init; }

    /// <summary>Places in the table of partition keys.</summary>
    public int PartitionKeyTableLength { get; init; } = 1;

    /// <summary>The LID, on InfiniBand.</summary>
    public ushort Lid { get; init; }

    /// <summary>The subnet manager's LID, on InfiniBand.</summary>
    public ushort SubnetManagerLid { get; init; }

    /// <summary>The mask of LIDs, on InfiniBand.</summary>
    public byte LidMaskControl { get; init; }

    /// <summary>Virtual lanes, coded.</summary>
    public byte MaxVirtualLanes { get; init; }

    /// <summary>The subnet manager's service level.</summary>
    public byte SubnetManagerServiceLevel { get; init; }

    /// <summary>The subnet's timeout, coded.</summary>
    public byte SubnetTimeout { get; init; }

    /// <summary>The type of initialisation that was done.</summary>
    public byte InitTypeReply { get; init; }

    /// <summary>Lanes of the link, coded (1: one, 2: four).</summary>
    public byte ActiveWidth { get; init; }

    /// <summary>The speed of a lane, coded.</summary>
    public byte ActiveSpeed { get; init; }

    /// <summary>The physical state, coded (5: link up).</summary>
    public byte PhysicalState { get; init; }
}
