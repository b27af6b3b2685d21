namespace Scatterlist.Verbs;

/// <summary>The logical state of a port (enum ibv_port_state).</summary>
public enum PortState
{
    /// <summary>No change, or unknown.</summary>
    Nop = 0,

    /// <summary>The link is down.</summary>
    Down = 1,

    /// <summary>The link is up, not configured.</summary>
    Init = 2,

    /// <summary>Configured, not yet active.</summary>
    Armed = 3,

    /// <summary>In use.</summary>
    Active = 4,

    /// <summary>Active, with a link that was lost and came back.</summary>
    ActiveDefer = 5,
}
