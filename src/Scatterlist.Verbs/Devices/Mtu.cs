namespace Scatterlist.Verbs;

/// <summary>The payload of a packet (enum ibv_mtu).</summary>
public enum Mtu
{
    /// <summary>256 bytes.</summary>
    Bytes256 = 1,

    /// <summary>512 bytes.</summary>
    Bytes512 = 2,

    /// <summary>1024 bytes.</summary>
    Bytes1024 = 3,

    /// <summary>2048 bytes.</summary>
    Bytes2048 = 4,

    /// <summary>4096 bytes.</summary>
    Bytes4096 = 5,
}
