namespace Scatterlist.Vrtd;

/// <summary>The directions, as a set, that a queue pair is created with.</summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
[Flags]
public enum QdmaDirections : uint
{
    /// <summary>No direction.</summary>
    None = 0,

    /// <summary>Host to card (H2C).</summary>
    HostToCard = 1 << 0,

    /// <summary>Card to host (C2H).</summary>
    CardToHost = 1 << 1,

    /// <summary>Completion ring (CMPT).</summary>
    Completion = 1 << 2,
}
