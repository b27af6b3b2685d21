namespace Scatterlist.Vrtd.Emulator;

/// <summary>What an emulated daemon holds at one moment.</summary>
/// <param name="Connections">Clients that are connected.</param>
/// <param name="Buffers">Open buffers on all devices, raw ones included.</param>
/// <param name="QueuePairs">Queue pairs on all devices, the design writers' included.</param>
/// <param name="AllocatedBytes">Device memory that has an owner, in bytes.</param>
/// <param name="CommittedBytes">Host memory behind device memory, in bytes: what was really written.</param>
/// <param name="Requests">Requests answered since the start.</param>
public readonly record struct EmulatorStatistics(
    int Connections, int Buffers, int QueuePairs, ulong AllocatedBytes, ulong CommittedBytes, long Requests);
