namespace Scatterlist.Verbs;

/// <summary>The kind of device (enum ibv_node_type).</summary>
public enum NodeType
{
    /// <summary>Unknown.</summary>
    Unknown = -1,

    /// <summary>A channel adapter: InfiniBand or RoCE.</summary>
    ChannelAdapter = 1,

    /// <summary>A switch.</summary>
    Switch = 2,

    /// <summary>A router.</summary>
    Router = 3,

    /// <summary>An iWARP NIC.</summary>
    Rnic = 4,

    /// <summary>A usNIC.</summary>
    Usnic = 5,

    /// <summary>A usNIC over UDP.</summary>
    UsnicUdp = 6,

    /// <summary>Not said.</summary>
    Unspecified = 7,
}
