using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Tests;

/// <summary>A request as a fake daemon received it.</summary>
internal sealed record FakeRequest(Opcode Opcode, uint Sequence, byte[] Body, int DescriptorCount)
{
    public uint Device => BitConverter.ToUInt32(Body, 0);
}
