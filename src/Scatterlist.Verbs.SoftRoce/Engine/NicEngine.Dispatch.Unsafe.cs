using System.Buffers.Binary;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Engine;

internal sealed unsafe partial class NicEngine
{
    private const int BaseHeaderLength = 12;
    private const int DestinationOffset = 4;

    /// <inheritdoc/>
    void IPacketHandler.OnPacket(in ReceivedPacket packet)
    {
        if (packet.Length < BaseHeaderLength)
            return;
        uint number = BinaryPrimitives.ReadUInt32BigEndian(
            new ReadOnlySpan<byte>(packet.Header + DestinationOffset, sizeof(uint))) & NumberMask;
        NicQueuePair? queuePair = FindQueuePair(number);
        queuePair?.OnPacket(packet);
    }

    /// <inheritdoc/>
    bool IPacketHandler.TryTakeSmall(in PlainSend send, PacketPath path) =>
        FindQueuePair(send.DestinationQueuePair) is { } queuePair && queuePair.TryTakeSmall(send, path);
}
