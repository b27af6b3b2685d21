namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// One DMA queue pair of an emulated card. Nobody owns it: who may use queues may stop and delete any.
/// </summary>
internal sealed class QueuePair(uint id, QdmaMode mode, QdmaDirections directions)
{
    internal uint Id { get; } = id;

    internal QdmaMode Mode { get; } = mode;

    internal QdmaDirections Directions { get; } = directions;

    internal bool IsStarted { get; set; }

    /// <summary>Memory of its own, when queues do not share the card's; made for the first descriptor.</summary>
    internal MemoryFile? PrivateMemory { get; set; }
}
