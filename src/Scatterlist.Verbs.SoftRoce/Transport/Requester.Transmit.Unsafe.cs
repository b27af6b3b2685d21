using System.Runtime.CompilerServices;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Transport;

internal sealed unsafe partial class Requester
{
    private const int Turn = 64; // packets before other queue pairs have theirs
    private const int AskInConversation = 8; // more would take longer, in a slow one, than until the probe
    private const int MostSilences = 4;

    private PacketPath? _unflushed; // datagrams wait in it

    private enum Step
    {
        /// <summary>A packet went out, or a request was done without one.</summary>
        Sent,

        /// <summary>A part was done without packets, and the rest had better wait for the others' turn.</summary>
        Again,

        /// <summary>It waits for an answer, or for the queue pair to change: nobody needs to ask again.</summary>
        Waits,

        /// <summary>The path has no room now.</summary>
        NoRoom,

        /// <summary>It cannot be done without packets.</summary>
        Refused,

        /// <summary>The request failed, and with it the queue.</summary>
        Failed,
    }

    /// <summary>Whether requests wait that are not sent yet, or not in full.</summary>
    internal bool HasUnsent => _next != _queue.Tail;

    /// <summary>Sends what may go, at most a turn of it.</summary>
    /// <returns>Whether there is more that could go now, or that only found no room.</returns>
    [SkipLocalsInit]
    internal bool Transmit()
    {
        if (!_qp.CanSend || _clock.IsWaitingForReceiver)
            return false;
        Span<byte> header = stackalloc byte[HeaderSizes.Longest];
        Span<Block> blocks = stackalloc Block[SoftLimits.MaxElements];
        if (_qp.Path is { IsDead: true } && _queue.Count != 0)
        {
            FailHead(CompletionStatus.RetryExceededError);
            return false;
        }

        bool wasIdle = !IsUnanswered;
        var step = Step.Waits;
        int turn = 0;
        while (_next != _queue.Tail && turn < Turn)
        {
            step = Advance(header, blocks);
            if (step != Step.Sent)
                break;
            turn++;
        }

        if (step == Step.Failed)
            return false;
        if (_isStuck && step != Step.NoRoom)
            _isStuck = false;
        if (_qp.Type != QueuePairType.ReliableConnected)
        {
            CompleteSent();
        }
        else if (IsUnanswered || _isStuck)
        {
            if (wasIdle && !LosesNothing)
                _clock.Restart(_qp.Now);
            Schedule();
        }

        return step is Step.NoRoom or Step.Again || (turn == Turn && _next != _queue.Tail);
    }

    private Step Advance(Span<byte> header, Span<Block> blocks)
    {
        ref SendSlot slot = ref _queue[_next];
        if (!slot.IsStarted)
        {
            uint before = _next;
            Step step = TryStart(ref slot);
            if (step != Step.Sent || _next != before)
                return step; // it waits; or it is done already
        }

        if (slot.AwaitsData)
            return slot.IsRead ? SendReadRequest(slot, header) : SendAtomic(slot, header);
        return _qp.Type == QueuePairType.UnreliableDatagram
            ? SendDatagram(slot, header, blocks)
            : SendData(slot, header, blocks);
    }

    /// <summary>Gives the request its sequence numbers, unless it has to wait.</summary>
    private Step TryStart(ref SendSlot slot)
    {
        if (!_qp.MayStart && slot.DoneDirectly == 0)
            return Step.Waits;
        if ((slot.Flags & SendFlags.Fence) != 0 && _incompleteReads != 0)
            return Step.Waits;
        if (slot.AwaitsData && _qp.Attributes.MaxReadAtomic == 0)
            return FailNext(CompletionStatus.LocalQueuePairOperationError); // posted before a modify took the right
        if (!Elements().AreCovered(slot.AwaitsData ? AccessFlags.LocalWrite : AccessFlags.None))
            return FailNext(CompletionStatus.LocalProtectionError);
        if (slot.IsOneSided && _qp.Path?.Direct is { } direct)
        {
            Step step = GoDirect(direct, ref slot);
            if (step != Step.Refused)
                return step;
        }

        _wasOneSided = slot.IsOneSided;
        slot.FirstPsn = _maxPsn;
        if (slot.Opcode == WorkRequestOpcode.LocalInvalidate)
            return InvalidateLocally(ref slot);
        slot.IsStarted = true;
        slot.Packets = slot.IsAtomic || _qp.Type == QueuePairType.UnreliableDatagram
            ? 1
            : (int)Psn.CountPackets(slot.Length, _qp.Unit);
        slot.Slice = Math.Max(1, _window.Size / 2);
        if (slot.AwaitsData)
            _incompleteReads++;
        _started = _next + 1;
        return Step.Sent;
    }

    private Step InvalidateLocally(ref SendSlot slot)
    {
        if (_queue.Head != _next)
            return Step.Waits; // earlier requests may still use the key
        if (!_qp.Engine.Regions.TryInvalidate(slot.Immediate, _qp.Domain, remote: false))
            return FailNext(CompletionStatus.LocalQueuePairOperationError);
        slot.IsStarted = true;
        slot.Packets = 0;
        _started = ++_next;
        CompleteHead(CompletionStatus.Success);
        return Step.Sent;
    }

    /// <summary>A request fails before it is sent: but those before it come to their end first.</summary>
    private Step FailNext(CompletionStatus status)
    {
        if (_qp.Type != QueuePairType.ReliableConnected)
            CompleteSent();
        if (_queue.Head != _next)
            return Step.Waits;
        FailHead(status);
        return Step.Failed;
    }

    private Step SendData(in SendSlot slot, Span<byte> header, Span<Block> blocks)
    {
        bool reliable = _qp.Type == QueuePairType.ReliableConnected;
        if (reliable && Outstanding >= _window.Size)
            return Step.Waits;
        if (_shared is { IsWindowFull: true })
            return NoRoom();
        uint unit = (uint)_qp.Unit;
        uint offset = (uint)_nextPacket * unit;
        uint size = Math.Min(unit, slot.Length - offset);
        int count = GatherNext(slot, offset, size, blocks);
        if (count < 0)
            return FailNext(CompletionStatus.LocalProtectionError); // deregistered meanwhile

        bool isFirst = _nextPacket == 0;
        bool isLast = _nextPacket == slot.Packets - 1;
        bool ask = reliable
            && ((isLast && MustAsk(slot)) || ++_sinceAskedAck >= AskEvery || Outstanding + 1 >= _window.Size
                || (_shared is { } shared && shared.Outstanding + 1 >= shared.WindowPackets));
        int padding = (int)(0 - size & 3);
        var writer = new HeaderWriter(header);
        writer.Base(
            OpcodeOf(slot, isFirst, isLast), padding, _qp.Attributes.DestinationQueuePairNumber, _sendPsn, ask,
            isLast && (slot.Flags & SendFlags.Solicited) != 0);
        if (isFirst && slot.IsWrite)
            writer.Reth(slot.RemoteAddress, slot.RemoteKey, slot.Length);
        if (isLast && slot.HasImmediate)
            writer.Immediate(slot.Immediate);
        else if (isLast && slot.Opcode == WorkRequestOpcode.SendWithInvalidate)
            writer.Invalidate(slot.Immediate);
        if (_qp.TryQueue(_qp.Path!, writer.Written, blocks[..count], padding))
            FoundRoom();
        else if (!_givesUp)
            return NoRoom();
        if (ask)
            Asked();
        Move(1, slot.Packets);
        return Step.Sent;
    }

    private Step SendReadRequest(in SendSlot slot, Span<byte> header)
    {
        int end = Math.Min(slot.Packets, ((_nextPacket / slot.Slice) + 1) * slot.Slice);
        int packets = end - _nextPacket;
        if (_readsInFlight >= MostReads)
            return Step.Waits;
        if (Outstanding != 0 && Outstanding + packets > _window.Size)
            return Step.Waits;
        if (_shared is { IsWindowFull: true })
            return NoRoom(); // a slice that is longer than what is left may go: else short requests would keep it out
        ulong offset = (ulong)_nextPacket * (uint)_qp.Unit;
        ulong length = Math.Min(slot.Length, (ulong)end * (uint)_qp.Unit) - offset;
        var writer = new HeaderWriter(header);
        writer.Base(Opcode.RcReadRequest, 0, _qp.Attributes.DestinationQueuePairNumber, _sendPsn, acknowledge: true);
        writer.Reth(slot.RemoteAddress + offset, slot.RemoteKey, (uint)length);
        if (!_qp.TryQueue(_qp.Path!, writer.Written, default, 0))
            return NoRoom();
        _readsInFlight++;
        Asked();
        Move(packets, slot.Packets);
        return Step.Sent;
    }

    private Step SendAtomic(in SendSlot slot, Span<byte> header)
    {
        if (_readsInFlight >= MostReads || Outstanding >= _window.Size)
            return Step.Waits;
        if (_shared is { IsWindowFull: true })
            return NoRoom();
        bool swaps = slot.Opcode == WorkRequestOpcode.CompareAndSwap;
        var writer = new HeaderWriter(header);
        writer.Base(
            swaps ? Opcode.RcCompareSwap : Opcode.RcFetchAdd, 0, _qp.Attributes.DestinationQueuePairNumber, _sendPsn,
            acknowledge: true);
        writer.AtomicEth(
            slot.RemoteAddress, slot.RemoteKey, swaps ? slot.Swap : slot.CompareOrAdd, swaps ? slot.CompareOrAdd : 0);
        if (!_qp.TryQueue(_qp.Path!, writer.Written, default, 0))
            return NoRoom();
        _readsInFlight++;
        Asked();
        Move(1, 1);
        return Step.Sent;
    }

    private Step SendDatagram(in SendSlot slot, Span<byte> header, Span<Block> blocks)
    {
        PacketPath? path = _qp.DatagramPath(_next, out AddressHandleAttributes attributes);
        if (path is null || slot.Length > (uint)_qp.DatagramPayload(path))
            return FailNext(CompletionStatus.LocalLengthError);
        int count = GatherNext(slot, 0, slot.Length, blocks);
        if (count < 0)
            return FailNext(CompletionStatus.LocalProtectionError); // deregistered meanwhile
        int padding = (int)(0 - slot.Length & 3);
        var writer = new HeaderWriter(header);
        writer.Base(
            slot.HasImmediate ? Opcode.UdSendOnlyImmediate : Opcode.UdSendOnly, padding, slot.RemoteQueuePair, _sendPsn,
            solicited: (slot.Flags & SendFlags.Solicited) != 0);
        uint key = (int)slot.RemoteKey < 0 ? _qp.Attributes.QueueKey : slot.RemoteKey;
        writer.Deth(key, _qp.Number);
        if (slot.HasImmediate)
            writer.Immediate(slot.Immediate);
        if (_unflushed is not null && _unflushed != path)
            CompleteSent();
        if (!path.TryQueue(
            writer.Written, blocks[..count], padding, attributes.TrafficClass, attributes.HopLimit))
        {
            return Step.NoRoom;
        }

        _unflushed = path;
        Move(1, 1);
        return Step.Sent;
    }

    /// <summary>
    /// Completes what unreliable services have handed to the path. The bytes must have left the program's memory
    /// before: the program may write there again as soon as it sees the completion, which needs no lock of ours.
    /// </summary>
    private void CompleteSent()
    {
        if (_queue.Head != _next)
        {
            if (_qp.Type == QueuePairType.UnreliableDatagram)
                _unflushed?.Flush();
            else
                _qp.Path?.Flush();
        }

        _unflushed = null;
        while (_queue.Head != _next) // one that is partly sent stays
            CompleteHead(CompletionStatus.Success);
        _unackedPsn = _sendPsn;
        RaiseIfDrained();
    }

    /// <summary>Reads and atomics on the way at a time. Those that a modify to 0 finds started come to their end.</summary>
    private int MostReads => Math.Max((byte)1, _qp.Attributes.MaxReadAtomic);

    private int AskEvery => Math.Max(1, _window.Size / 4);

    /// <summary>
    /// Whether a message asks to be acknowledged at once. One that completes without a word need not: the peer, a NIC like
    /// ours, acknowledges it when it has nothing better to do, and each acknowledgement costs both ends. On the same host
    /// one-sided requests do, for what comes behind them is done without packets once they are complete.
    /// </summary>
    private bool MustAsk(in SendSlot slot) =>
        (slot.Flags & SendFlags.Signaled) != 0 || _qp.SignalsAll || (LosesNothing ? slot.IsWrite : MustAskByUdp());

    // Where packets get lost, an answer is waited for in the end, so that what makes it come soon must be there: a round
    // trip that is known, for the probe; room for what comes next; and a peer that has not kept silent before.
    private bool MustAskByUdp() =>
        _silences >= MostSilences || _clock.RoundTrip == 0 || _sendPsn != _maxPsn || _sinceAskedAck + 1 >= AskInConversation
        || _queue.Count * 2 >= _queue.Capacity
        || (_shared is { } shared && shared.Outstanding * 2 >= shared.WindowPackets);

    private int GatherNext(in SendSlot slot, uint offset, uint size, Span<Block> blocks)
    {
        if (size == 0)
            return 0;
        if ((slot.Flags & SendFlags.Inline) != 0)
        {
            blocks[0] = new Block((nint)(_queue.InlineOf(_next) + offset), size);
            return 1;
        }

        return Elements().Gather(offset, size, blocks);
    }

    private void Asked()
    {
        _sinceAskedAck = 0;
        _askedPsn = _sendPsn;
        if (!_clock.HasSample && _sendPsn == _maxPsn && !_qp.Path!.IsReliable)
            _clock.Sample(_sendPsn, _qp.Now);
    }

    private void Move(int packets, int ofPackets)
    {
        _sendPsn = Psn.Add(_sendPsn, packets);
        if (Psn.Distance(_sendPsn, _maxPsn) > 0)
            _maxPsn = _sendPsn;
        if (_shared is not null)
            CountOutstanding();
        _nextPacket += packets;
        if (_nextPacket < ofPackets)
            return;
        _nextPacket = 0;
        _next++;
    }

    private Opcode OpcodeOf(in SendSlot slot, bool isFirst, bool isLast)
    {
        int operation = (slot.IsWrite, isFirst, isLast) switch
        {
            (false, true, true) => (int)Opcode.RcSendOnly,
            (false, true, false) => (int)Opcode.RcSendFirst,
            (false, false, true) => (int)Opcode.RcSendLast,
            (false, false, false) => (int)Opcode.RcSendMiddle,
            (true, true, true) => (int)Opcode.RcWriteOnly,
            (true, true, false) => (int)Opcode.RcWriteFirst,
            (true, false, true) => (int)Opcode.RcWriteLast,
            (true, false, false) => (int)Opcode.RcWriteMiddle,
        };
        if (isLast && slot.HasImmediate)
            operation++; // each "with immediate" stands behind its plain one
        else if (isLast && slot.Opcode == WorkRequestOpcode.SendWithInvalidate)
            operation = (int)(isFirst ? Opcode.RcSendOnlyInvalidate : Opcode.RcSendLastInvalidate);
        return (Opcode)(operation + (_qp.Type == QueuePairType.UnreliableConnected ? (int)Opcode.UcSendFirst : 0));
    }
}
