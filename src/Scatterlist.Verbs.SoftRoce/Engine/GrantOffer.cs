namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>What a region's owner lets one peer do without packets; see <see cref="PacketPath.OfferGrant"/>.</summary>
/// <param name="QueuePair">The owner's queue pair, by which the peer reaches the region.</param>
/// <param name="Key">The region's remote key.</param>
/// <param name="Address">The address by which peers name the region's first byte.</param>
/// <param name="Length">Bytes in the region.</param>
/// <param name="Rights">What both the region and the queue pair allow of remote writes, reads and atomics.</param>
/// <param name="Memory">The memfd behind the region.</param>
/// <param name="MemoryOffset">Where the region's first byte lies in it.</param>
internal readonly record struct GrantOffer(
    uint QueuePair, uint Key, ulong Address, ulong Length, AccessFlags Rights, FileDescriptor Memory,
    ulong MemoryOffset);
