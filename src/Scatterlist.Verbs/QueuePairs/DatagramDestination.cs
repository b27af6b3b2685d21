namespace Scatterlist.Verbs;

/// <summary>Where a datagram goes.</summary>
/// <param name="Path">The path to the peer's port.</param>
/// <param name="QueuePairNumber">The peer's queue pair.</param>
/// <param name="QueueKey">The peer's queue key.</param>
public readonly record struct DatagramDestination(AddressHandle Path, uint QueuePairNumber, uint QueueKey);
