namespace Scatterlist.Vrtd;

/// <summary>What the QDMA engine of a card has. The kernel driver leaves the counts 0.</summary>
/// <param name="QueueSetsMax">Sets of queues.</param>
/// <param name="InterruptVectors">MSI-X vectors for queues.</param>
/// <param name="VirtualFunctionsMax">Virtual functions.</param>
/// <param name="Capabilities">Bits of the driver's own.</param>
/// <param name="Bdf">The PCI address of the function that has the engine; empty below version 2.</param>
/// <remarks>Source: vrtd wire specification, section 3, QDMA_GET_INFO.</remarks>
public readonly record struct QdmaInfo(
    uint QueueSetsMax, uint InterruptVectors, uint VirtualFunctionsMax, uint Capabilities, string Bdf);
