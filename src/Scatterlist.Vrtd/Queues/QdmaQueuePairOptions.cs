namespace Scatterlist.Vrtd;

/// <summary>How a queue pair is made. Immutable.</summary>
/// <remarks>Source: vrtd wire specification, section 3, QDMA_QPAIR_ADD.</remarks>
public sealed record QdmaQueuePairOptions
{
    /// <summary>The defaults: memory-mapped, both directions, the smallest rings.</summary>
    public static QdmaQueuePairOptions Default { get; } = new();

    /// <summary>How the card is addressed. Default: by device address.</summary>
    public QdmaMode Mode { get; init; }

    /// <summary>The directions. Default: both.</summary>
    public QdmaDirections Directions { get; init; } = QdmaDirections.HostToCard | QdmaDirections.CardToHost;

    /// <summary>The NoC channel. Only <see cref="QdmaChannel.Auto"/> for a version 1 daemon.</summary>
    public QdmaChannel Channel { get; init; }

    /// <summary>The index of the host-to-card ring's size in the driver's table.</summary>
    public uint HostToCardRing { get; init; }

    /// <summary>The index of the card-to-host ring's size in the driver's table.</summary>
    public uint CardToHostRing { get; init; }

    /// <summary>The index of the completion ring's size in the driver's table.</summary>
    public uint CompletionRing { get; init; }

    /// <summary>Bytes of the aperture that the queue's addresses wrap in, or 0 for none. Version 2.</summary>
    public uint ApertureSize { get; init; }
}
