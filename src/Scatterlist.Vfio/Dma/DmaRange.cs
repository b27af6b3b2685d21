namespace Scatterlist.Vfio;

/// <summary>One range of I/O addresses that a client has made reachable.</summary>
/// <param name="Address">The first address.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Access">What the device may do.</param>
public readonly record struct DmaRange(IoAddress Address, ulong Length, DmaAccess Access);
