using System.Runtime.CompilerServices;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Transport;

internal sealed unsafe partial class Responder
{
    private const int Turn = 64; // packets before other queue pairs have theirs
    private const byte Nothing = 0xff;

    private PacketPath? _answerPath;
    private byte _answer = Nothing; // the syndrome to be said behind all data
    private uint _answerPsn; // of refusals; an acknowledgement says what holds when it is sent
    private byte _lastRefusal = Nothing; // what ended the connection
    private bool _isOwing; // something was taken and not acknowledged, which the peer did not ask for

    /// <summary>Whether an acknowledgement is all that there is to say.</summary>
    internal bool OnlyAcknowledges => _answer == Syndrome.Ack && _rowCount == 0;

    /// <summary>Sends answers: data first, then the acknowledgement or refusal that came behind it.</summary>
    /// <returns>Whether there is more.</returns>
    [SkipLocalsInit]
    internal bool Transmit()
    {
        if (_rowCount == 0 && _answer == Nothing)
            return false;
        PacketPath? path = _answerPath;
        if (path is null)
            return false;
        Span<byte> header = stackalloc byte[HeaderSizes.Longest];
        int turn = 0;
        while (_rowCount != 0)
        {
            int index = _row[_rowHead];
            ref ReplayResource resource = ref _resources[index];
            if (resource.Next >= resource.End)
            {
                resource.IsQueued = resource.IsAgain = false;
                _rowHead = (_rowHead + 1) % _row.Length;
                _rowCount--;
                continue;
            }

            if (turn++ == Turn)
                return true;
            bool isSent = resource.IsAtomic
                ? SendAtomicAnswer(path, resource, header)
                : SendReadPacket(path, resource, header);
            if (isSent)
                resource.Next++;
            else if (_rowCount != 0)
                return true; // no room; else the region is gone, and with it the connection
        }

        if (_answer == Nothing)
            return false;
        bool refuses = !Syndrome.IsAck(_answer);
        var writer = new HeaderWriter(header);
        writer.Base(
            Opcode.RcAcknowledge, 0, _qp.Attributes.DestinationQueuePairNumber,
            refuses ? _answerPsn : Psn.Add(ExpectedPsn, -1));
        writer.Aeth(_answer, _messages);
        if (!_qp.TryQueue(path, writer.Written, default, 0))
            return true;
        _answer = Nothing;
        _isOwing = false;
        return false;
    }

    /// <summary>A message was taken: it is acknowledged soon, where the peer asks for that, or some time.</summary>
    private void AnswerOrOwe(bool asks)
    {
        if (asks)
        {
            Answer(Syndrome.Ack);
            return;
        }

        _isOwing = true;
        _qp.Engine.Owe(_qp);
    }

    /// <summary>Acknowledges what the peer sent without asking, for it waits for that in the end.</summary>
    internal void Acknowledge()
    {
        if (!_isOwing)
            return;
        _isOwing = false;
        Answer(Syndrome.Ack);
    }

    /// <summary>
    /// The connection has ended, and the peer still asks: the refusal may have got lost. It is said again, so that the
    /// peer learns the cause rather than runs out of retries. So are the answers that it missed of reads and atomics
    /// before: its requests complete in order.
    /// </summary>
    internal void OnRequestAfterFailure(in PacketReader packet)
    {
        if (_lastRefusal == Nothing || Psn.Distance(packet.Sequence, _answerPsn) > 0)
            return; // before it lies a read whose data got lost too: without it the peer does not come so far
        if (packet.Has(OpcodeTraits.ReadRequest) || packet.Has(OpcodeTraits.Atomic))
            OnDuplicate(packet);
        _answer = _lastRefusal;
        _qp.MarkPending();
    }

    private bool SendAtomicAnswer(PacketPath path, in ReplayResource resource, Span<byte> header)
    {
        var writer = new HeaderWriter(header);
        writer.Base(
            Opcode.RcAtomicAcknowledge, 0, _qp.Attributes.DestinationQueuePairNumber, resource.FirstPsn);
        writer.Aeth(Syndrome.Ack, _messages);
        writer.AtomicAckEth(resource.Original);
        return _qp.TryQueue(path, writer.Written, default, 0);
    }

    private bool SendReadPacket(PacketPath path, in ReplayResource resource, Span<byte> header)
    {
        int index = resource.Next;
        uint offset = (uint)index * (uint)resource.Unit;
        uint size = Math.Min((uint)resource.Unit, resource.Length - offset);
        uint psn = Psn.Add(resource.FirstPsn, index);
        Block block = default;
        if (size != 0)
        {
            // Rights may have gone since the read was taken, those of the queue pair as those of the region.
            bool mayRead = (_qp.Attributes.AccessFlags & AccessFlags.RemoteRead) != 0;
            byte* from = mayRead
                ? _qp.Engine.Regions.TryRemote(
                    resource.Key, _qp.Domain, resource.Address + offset, size, AccessFlags.RemoteRead)
                : null;
            if (from == null)
            {
                DropReads();
                Refuse(Syndrome.NakRemoteAccess, psn);
                return false;
            }

            block = new Block((nint)from, size);
        }

        bool isFirst = index == resource.Begin;
        bool isLast = index == resource.End - 1;
        int padding = (int)(0 - size & 3);
        var writer = new HeaderWriter(header);
        writer.Base(
            (isFirst, isLast) switch
            {
                (true, true) => Opcode.RcReadResponseOnly,
                (true, false) => Opcode.RcReadResponseFirst,
                (false, true) => Opcode.RcReadResponseLast,
                (false, false) => Opcode.RcReadResponseMiddle,
            },
            padding, _qp.Attributes.DestinationQueuePairNumber, psn);
        if (isFirst || isLast)
            writer.Aeth(Syndrome.Ack, _messages);
        return _qp.TryQueue(path, writer.Written, new ReadOnlySpan<Block>(in block), padding);
    }

    /// <summary>
    /// Notes what to say. A refusal names the expected number and so acknowledges all before it; an acknowledgement
    /// adds nothing to it.
    /// </summary>
    private void Answer(byte syndrome)
    {
        if (syndrome != Syndrome.Ack)
        {
            _answer = syndrome;
            _answerPsn = ExpectedPsn;
        }
        else if (_answer == Nothing)
        {
            _answer = syndrome;
        }

        _qp.MarkPending();
    }

    /// <summary>Ends the connection: the peer is told why, and everything here is flushed.</summary>
    private void Refuse(byte syndrome, uint psn)
    {
        AsyncEventType type = syndrome switch
        {
            Syndrome.NakRemoteAccess => AsyncEventType.QueuePairAccessError,
            Syndrome.NakInvalidRequest => AsyncEventType.QueuePairRequestError,
            _ => AsyncEventType.QueuePairFatal,
        };
        _answer = _lastRefusal = syndrome;
        _answerPsn = psn;
        _qp.MarkPending();
        _qp.Engine.Raise(type, _qp);
        _qp.EnterError(answersReads: true); // or the peer would see them fail, and take that for the cause
    }

    /// <summary>The expected number moved on: a gap that was to be reported has closed.</summary>
    private void Advanced()
    {
        if (_answer != Nothing && !Syndrome.IsAck(_answer))
            _answer = Syndrome.Ack;
    }

    private void ClearAnswers()
    {
        _isOwing = false;
        _answer = _lastRefusal = Nothing;
        _answerPath = null;
        DropReads();
    }
}
