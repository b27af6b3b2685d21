namespace Scatterlist.Verbs;

/// <summary>The device's transport (enum ibv_transport_type).</summary>
public enum TransportType
{
    /// <summary>Unknown.</summary>
    Unknown = -1,

    /// <summary>InfiniBand or RoCE.</summary>
    InfiniBand = 0,

    /// <summary>iWARP.</summary>
    Iwarp = 1,

    /// <summary>usNIC.</summary>
    Usnic = 2,

    /// <summary>usNIC over UDP.</summary>
    UsnicUdp = 3,

    /// <summary>Not said.</summary>
    Unspecified = 4,
}
