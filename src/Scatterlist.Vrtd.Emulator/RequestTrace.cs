using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>One request that the daemon has answered.</summary>
/// <param name="Connection">The connection's number, counted from 1.</param>
/// <param name="ProcessId">The process that made the connection.</param>
/// <param name="Opcode">What was asked.</param>
/// <param name="Sequence">The request's sequence number.</param>
/// <param name="Code">What was answered.</param>
public readonly record struct RequestTrace(
    ulong Connection, int ProcessId, Opcode Opcode, uint Sequence, VrtdReturnCode Code);
