using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Wire;
using State = Scatterlist.Verbs.QueuePairState;

namespace Scatterlist.Verbs.SoftRoce.Transport;

/// <summary>
/// The receiving half of a queue pair: checks each request in the order of the wire's rules, executes it, and answers.
/// Used under the engine's lock. What it executes it executes at once; what it says waits for <see cref="Transmit"/>,
/// so that one acknowledgement covers all that came in a batch.
/// </summary>
internal sealed unsafe partial class Responder
{
    private enum Message
    {
        None,
        Send,
        Write,
    }

    private readonly SoftQueuePair _qp;
    private readonly ScatterGatherEntry[] _receiveElements;

    private uint _messages; // MSN
    private bool _isGapKnown; // the sender was told, and need not be told again
    private bool _hasHeard;
    private Message _message;

    private bool _hasReceive; // taken from the queue and not completed
    private ulong _receiveId;
    private int _receiveCount;
    private ulong _receiveRoom;

    private uint _offset; // bytes of the message that have arrived
    private ulong _writeAddress;
    private uint _writeKey;
    private uint _writeLength;

    internal Responder(SoftQueuePair qp)
    {
        _qp = qp;
        _receiveElements = new ScatterGatherEntry[Math.Max(
            1, qp.SharedReceives?.MaxElements ?? qp.Capabilities.MaxReceiveElements)];
    }

    internal uint ExpectedPsn { get; private set; }

    private SoftDomain ReceiveDomain => _qp.SharedReceives?.Domain ?? _qp.Domain;

    internal void Start(uint firstPsn)
    {
        Clear();
        _resources = new ReplayResource[_granted];
        _row = new int[_granted];
        ExpectedPsn = firstPsn;
    }

    internal void Clear()
    {
        _messages = 0;
        _isGapKnown = _hasHeard = false;
        _hasReceive = false;
        _message = Message.None;
        ForgetPath();
        ClearAnswers();
    }

    /// <summary>The queue pair failed: the receive that was taken goes with it.</summary>
    internal void Flush()
    {
        if (_hasReceive)
            CompleteReceive(CompletionStatus.WorkRequestFlushedError);
        _message = Message.None;
    }

    /// <summary>A request of a connected peer, of any content.</summary>
    internal void OnRequest(in ReceivedPacket raw, in PacketReader packet, byte* payload)
    {
        Hear();
        _knownPath = raw.Path;
        _answerPath = raw.Path ?? _qp.Path;
        if (_qp.Type != QueuePairType.ReliableConnected)
        {
            OnUnreliable(raw, packet, payload);
            return;
        }

        int distance = Psn.Distance(packet.Sequence, ExpectedPsn);
        if (distance > 0)
        {
            if (!_isGapKnown)
                Answer(Syndrome.NakPsnSequence);
            _isGapKnown = true;
            return;
        }

        if (distance < 0)
        {
            OnDuplicate(packet);
            return;
        }

        int unit = _qp.UnitOf(raw.Path);
        byte refused = Execute(packet, payload, unit);
        if (refused == Syndrome.Ack)
        {
            _isGapKnown = false;
            return;
        }

        if (Syndrome.IsRnrNak(refused))
        {
            _isGapKnown = true; // what follows is dropped without a word: the sender comes again from here
            Answer(refused);
            return;
        }

        Refuse(refused, ExpectedPsn);
    }

    /// <summary>Executes a request at the expected number.</summary>
    /// <returns><see cref="Syndrome.Ack"/>, or how it is refused.</returns>
    private byte Execute(in PacketReader packet, byte* payload, int unit)
    {
        bool starts = packet.Has(OpcodeTraits.Starts);
        if (starts != (_message == Message.None))
            return Syndrome.NakInvalidRequest;
        if (packet.Has(OpcodeTraits.ReadRequest))
            return AcceptRead(packet, unit);
        if (packet.Has(OpcodeTraits.Atomic))
            return ExecuteAtomic(packet);

        bool isSend = packet.Has(OpcodeTraits.Send);
        if (!starts && _message != (isSend ? Message.Send : Message.Write))
            return Syndrome.NakInvalidRequest;
        if (!IsRightLength(packet, unit))
            return Syndrome.NakInvalidRequest;
        byte refused = isSend ? ExecuteSend(packet, payload) : ExecuteWrite(packet, payload);
        if (refused != Syndrome.Ack)
            return refused;

        ExpectedPsn = Psn.Next(ExpectedPsn);
        Advanced();
        if (packet.Has(OpcodeTraits.Ends))
            _messages = Psn.Next(_messages);
        if (packet.AsksAcknowledge || packet.Has(OpcodeTraits.Ends))
            AnswerOrOwe(packet.AsksAcknowledge);
        return Syndrome.Ack;
    }

    /// <summary>FIRST and MIDDLE are full, LAST is not empty, nothing is more than full.</summary>
    private static bool IsRightLength(in PacketReader packet, int unit)
    {
        int length = packet.PayloadLength;
        if (!packet.Has(OpcodeTraits.Ends))
            return length == unit;
        return length <= unit && (length > 0 || packet.Has(OpcodeTraits.Starts));
    }

    private byte ExecuteSend(in PacketReader packet, byte* payload)
    {
        bool starts = packet.Has(OpcodeTraits.Starts);
        if (starts)
        {
            if (!TakeReceive())
                return Syndrome.RnrNak(_qp.Attributes.MinRnrTimer);
            _offset = 0;
        }

        uint length = (uint)packet.PayloadLength;
        if (length > _receiveRoom - _offset)
            return FailReceive(CompletionStatus.LocalLengthError, Syndrome.NakInvalidRequest);
        if (!Store(payload, length))
            return FailReceive(CompletionStatus.LocalProtectionError, Syndrome.NakRemoteOperation);
        if (!packet.Has(OpcodeTraits.Ends))
        {
            _message = Message.Send;
            return Syndrome.Ack;
        }

        bool invalidates = packet.Has(OpcodeTraits.Invalidate);
        if (invalidates && !TryInvalidate(packet.InvalidatedKey))
            return FailReceive(CompletionStatus.LocalAccessError, Syndrome.NakRemoteAccess);
        _message = Message.None;
        CompleteReceive(packet, CompletionOpcode.Receive, _offset);
        return Syndrome.Ack;
    }

    private byte ExecuteWrite(in PacketReader packet, byte* payload)
    {
        uint length = (uint)packet.PayloadLength;
        bool ends = packet.Has(OpcodeTraits.Ends);
        bool starts = packet.Has(OpcodeTraits.Starts);
        if ((_qp.Attributes.AccessFlags & AccessFlags.RemoteWrite) == 0)
            return Syndrome.NakInvalidRequest;
        if (ends && packet.Has(OpcodeTraits.Immediate) && !TakeReceive())
            return Syndrome.RnrNak(_qp.Attributes.MinRnrTimer);
        uint total = starts ? packet.RemoteLength : _writeLength;
        uint left = starts ? total : _writeLength - _offset;
        if (total > SoftLimits.MaxMessageSize || (ends ? left != length : left <= length))
            return Syndrome.NakInvalidRequest;
        RegionTable regions = _qp.Engine.Regions;
        if (starts)
        {
            // The whole range is judged before its first byte moves; each packet is again, since a region may go away.
            if (total != 0 && regions.TryRemote(
                packet.RemoteKey, _qp.Domain, packet.RemoteAddress, total, AccessFlags.RemoteWrite) == null)
            {
                return Syndrome.NakRemoteAccess;
            }

            _writeAddress = packet.RemoteAddress;
            _writeKey = packet.RemoteKey;
            _writeLength = total;
            _offset = 0;
        }

        if (length != 0)
        {
            byte* to = regions.TryRemote(
                _writeKey, _qp.Domain, _writeAddress + _offset, length, AccessFlags.RemoteWrite);
            if (to == null)
                return Syndrome.NakRemoteAccess;
            OrderedCopy.Copy(to, payload, length);
            _offset += length;
        }

        _message = ends ? Message.None : Message.Write;
        if (ends && _writeLength != 0)
            Offer(_writeKey);
        if (ends && packet.Has(OpcodeTraits.Immediate))
            CompleteReceive(packet, CompletionOpcode.ReceiveRdmaWithImmediate, _writeLength);
        return Syndrome.Ack;
    }

    /// <summary>The first packet tells a program that has not sent yet that its peer is there.</summary>
    private void Hear()
    {
        if (_hasHeard)
            return;
        _hasHeard = true;
        if (_qp.State == State.ReadyToReceive)
            _qp.Engine.Raise(AsyncEventType.CommunicationEstablished, _qp);
    }

    private bool TryInvalidate(uint key)
    {
        RegionTable regions = _qp.Engine.Regions;
        SoftRegion? region = regions.FindRemote(key);
        if (region is null || !regions.TryInvalidate(key, _qp.Domain, remote: true))
            return false;
        _qp.Engine.RevokeRegion(region);
        return true;
    }

    /// <summary>What the peer did by packets it may do again without them, where the path can do that.</summary>
    private void Offer(uint key)
    {
        if (_answerPath is { Direct: not null } path)
            _qp.Engine.OfferGrant(path, _qp, _qp.Attributes.AccessFlags, key);
    }

    private bool TakeReceive()
    {
        if (_hasReceive)
            return true; // of a message that was dropped: it serves the next one
        _hasReceive = _qp.TryTakeReceive(out _receiveId, _receiveElements, out _receiveCount);
        if (_hasReceive)
        {
            // No message is longer, whatever room the program gives; it also keeps the offset in its 32 bits.
            ulong room = LocalElements.LengthOf(_receiveElements.AsSpan(0, _receiveCount));
            _receiveRoom = Math.Min(room, SoftLimits.MaxMessageSize);
        }

        return _hasReceive;
    }

    private bool Store(byte* bytes, uint length)
    {
        var elements = new LocalElements(
            _qp.Engine.Regions, ReceiveDomain, _receiveElements.AsSpan(0, _receiveCount));
        if (!elements.TryScatter(_offset, bytes, length))
            return false;
        _offset += length;
        return true;
    }

    private void CompleteReceive(
        in PacketReader packet, CompletionOpcode opcode, uint length, uint source = 0, CompletionFlags flags = 0)
    {
        uint immediate = 0;
        if (packet.Has(OpcodeTraits.Immediate))
        {
            flags |= CompletionFlags.Immediate;
            immediate = packet.ImmediateNetworkOrder;
        }
        else if (packet.Has(OpcodeTraits.Invalidate))
        {
            flags |= CompletionFlags.Invalidate;
            immediate = packet.InvalidatedKey;
        }

        _hasReceive = false;
        _qp.ReceiveCompletions.Push(
            new WorkCompletion(
                _receiveId, CompletionStatus.Success, opcode, _qp.Number, length, flags, immediate, source),
            packet.IsSolicited);
    }

    private void CompleteReceive(CompletionStatus status)
    {
        _hasReceive = false;
        _qp.ReceiveCompletions.Push(
            new WorkCompletion(_receiveId, status, CompletionOpcode.Receive, _qp.Number), solicited: true);
    }

    private byte FailReceive(CompletionStatus status, byte refusal)
    {
        CompleteReceive(status);
        return refusal;
    }
}
