using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Client;

/// <summary>A request whose caller stopped waiting: its reply is still to come and belongs to nobody.</summary>
internal sealed record Abandoned(uint Sequence, Opcode Opcode, byte[] Body);
