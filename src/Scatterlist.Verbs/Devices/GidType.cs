namespace Scatterlist.Verbs;

/// <summary>How packets with a GID are carried (enum ibv_gid_type).</summary>
public enum GidType
{
    /// <summary>InfiniBand.</summary>
    InfiniBand = 0,

    /// <summary>RoCE v1: on Ethernet directly.</summary>
    RoceV1 = 1,

    /// <summary>RoCE v2: in UDP, port 4791.</summary>
    RoceV2 = 2,
}
