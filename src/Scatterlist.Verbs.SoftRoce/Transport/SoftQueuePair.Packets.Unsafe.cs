using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Wire;
using State = Scatterlist.Verbs.QueuePairState;

namespace Scatterlist.Verbs.SoftRoce.Transport;

internal sealed unsafe partial class SoftQueuePair
{
    /// <inheritdoc/>
    internal override void OnPacket(in ReceivedPacket packet)
    {
        try
        {
            if (PacketReader.TryRead(packet.Header, packet.Length, out PacketReader reader) == PacketFault.None)
                Take(packet, reader);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            FailForGood();
        }
    }

    /// <inheritdoc/>
    internal override bool TryTakeSmall(in PlainSend send, PacketPath path) =>
        State >= State.ReadyToReceive && State != State.Error && Type == QueuePairType.ReliableConnected
            && (path == Path || _responder.Knows(path)) && _receiveRing is not null
            && _responder.TryTakeSmall(send, path, _receiveRing);

    /// <summary>The checks that every packet has to pass; what fails them is dropped without a word.</summary>
    private void Take(in ReceivedPacket packet, in PacketReader reader)
    {
        const ushort PartitionMask = 0x7fff; // the top bit says only whether a member is a full one
        if (State < State.ReadyToReceive || OpcodeTable.TypeOf(reader.Traits) != Type
            || (reader.Partition & PartitionMask) != PartitionMask)
        {
            return;
        }

        byte* payload = packet.Bytes + (reader.Payload - packet.Header);
        if (Type == QueuePairType.UnreliableDatagram)
        {
            if (State != State.Error)
                _responder.OnDatagram(packet, reader, payload);
            return;
        }

        if (packet.Source != _vector.Destination || packet.Destination != OwnGid)
            return;
        if (reader.Has(OpcodeTraits.Response))
        {
            if (CanSend && Type == QueuePairType.ReliableConnected)
                _requester.OnAnswer(reader, payload);
            return;
        }

        if (State == State.Error)
            _responder.OnRequestAfterFailure(reader);
        else
            _responder.OnRequest(packet, reader, payload);
    }
}
