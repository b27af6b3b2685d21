namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>The control messages of a channel.</summary>
internal enum ControlKind
{
    None,

    /// <summary>The connecting end's first: who it is, with the channel's memory and its grant table.</summary>
    Hello,

    /// <summary>The other end's answer, with its grant table.</summary>
    Welcome,

    /// <summary>Something is in a ring.</summary>
    Wake,

    /// <summary>A memfd that grants will name.</summary>
    Memory,

    /// <summary>A grant.</summary>
    Grant,

    /// <summary>No grant names this memfd any more.</summary>
    Retire,
}
