namespace Scatterlist.Vrtd.Emulator;

/// <summary>An open buffer, as the daemon remembers it.</summary>
/// <param name="Owner">The connection; 0 for a leaked raw buffer, which nobody can close.</param>
/// <param name="Address">Its device address.</param>
/// <param name="Size">The allocated size, or the size asked for when raw.</param>
/// <param name="IsRaw">Whether it lies wherever the client said, without an allocation.</param>
/// <param name="QueuePairs">Its queue pairs, one or two.</param>
internal sealed record BufferRecord(ulong Owner, ulong Address, ulong Size, bool IsRaw, QueuePair[] QueuePairs);
