using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>A way through the simulated network. It reads payloads when it is flushed, not before.</summary>
internal sealed unsafe class SimulatedPath(SimulatedNetwork network, Gid source, Gid destination) : PacketPath
{
    private readonly List<(byte[] Header, Block[] Payload, int Padding, byte TrafficClass, byte HopLimit)> _queued = [];

    internal override int MaxPayload => network.MaxPayload;

    internal override bool IsReliable => network.IsReliable;

    internal override int WindowPackets => 64;

    internal override DirectAccess? Direct => network.Direct;

    internal override bool TryQueue(
        ReadOnlySpan<byte> header, ReadOnlySpan<Block> payload, int padding, byte trafficClass, byte hopLimit)
    {
        if (_queued.Count == network.Room)
            return false;
        _queued.Add((header.ToArray(), payload.ToArray(), padding, trafficClass, hopLimit));
        return true;
    }

    internal override void Flush()
    {
        foreach ((byte[] header, Block[] payload, int padding, byte trafficClass, byte hopLimit) in _queued)
        {
            var bytes = new List<byte>(header);
            foreach (Block block in payload)
                bytes.AddRange(new ReadOnlySpan<byte>((void*)block.Address, (int)block.Length));
            bytes.AddRange(new byte[padding]);
            network.Send(new SimulatedPacket(source, destination, bytes.ToArray(), trafficClass, hopLimit));
        }

        _queued.Clear();
    }
}
