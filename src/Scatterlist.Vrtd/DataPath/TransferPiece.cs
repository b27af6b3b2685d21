namespace Scatterlist.Vrtd.DataPath;

/// <summary>One piece of a transfer by the version 2 driver: which queue moves which bytes.</summary>
/// <param name="Queue">The queue pair, 0 or 1.</param>
/// <param name="HostOffset">Where the piece is in the host memory, a multiple of 4 KiB.</param>
/// <param name="DeviceAddress">Where it is on the device.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct TransferPiece(int Queue, ulong HostOffset, ulong DeviceAddress, ulong Length);
