using System.Diagnostics;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Transport;

internal sealed unsafe partial class Requester
{
    private const uint NoPsn = uint.MaxValue;
    private const int Forgiven = -64;

    private static readonly long LeastPause = Stopwatch.Frequency / 20_000; // 50 us

    private uint _rewoundPsn = NoPsn; // the cursor was last moved back to here, without progress since ...
    private long _rewoundAt; // ... at this time

    /// <summary>An answer of the peer, of any content.</summary>
    internal void OnAnswer(in PacketReader packet, byte* payload)
    {
        uint psn = packet.Sequence;
        if (Psn.Distance(psn, _maxPsn) >= 0)
            return; // answers what was never asked
        if (packet.Has(OpcodeTraits.Acknowledge))
            OnAcknowledge(psn, packet.Syndrome);
        else if (Psn.Distance(psn, _unackedPsn) >= 0)
            OnData(packet, psn, payload);
        CountOutstanding();
        if (_qp.CanSend)
        {
            Schedule();
            if (HasUnsent)
                _qp.MarkPending();
        }
    }

    private void OnAcknowledge(uint psn, byte syndrome)
    {
        if (Syndrome.IsAck(syndrome))
        {
            if (Psn.Distance(psn, _askedPsn) > 0)
                _silences = Forgiven; // a NIC like ours; where it is silent, it has no processor
            AcknowledgeThrough(psn);
            if (Psn.Distance(psn, _unackedPsn) >= 0)
                Lost(); // it stopped at a read: its data got lost
            return;
        }

        if (Psn.Distance(psn, _unackedPsn) < 0)
            return; // of packets that were resent and have arrived since
        AcknowledgeThrough(Psn.Add(psn, -1));
        if (_unackedPsn != psn && (Syndrome.IsRnrNak(syndrome) || !IsOfHead(psn)))
        {
            Lost(); // before it lies a read whose data got lost: it has its end first, and the refusal is said again
            return;
        }

        if (Syndrome.IsRnrNak(syndrome))
        {
            OnReceiverNotReady(psn, syndrome);
            return;
        }

        switch (syndrome)
        {
            case Syndrome.NakPsnSequence:
                Lost();
                break;
            case Syndrome.NakInvalidRequest:
                Fail(psn, CompletionStatus.RemoteInvalidRequestError);
                break;
            case Syndrome.NakRemoteAccess:
                Fail(psn, CompletionStatus.RemoteAccessError);
                break;
            case Syndrome.NakRemoteOperation:
            case Syndrome.NakInvalidReadDomain:
                Fail(psn, CompletionStatus.RemoteOperationError);
                break;
        }
    }

    private bool IsOfHead(uint psn)
    {
        if (_queue.Head == _started)
            return false;
        ref SendSlot slot = ref _queue[_queue.Head];
        return Psn.Distance(psn, slot.FirstPsn) < slot.Packets;
    }

    private void OnReceiverNotReady(uint psn, byte syndrome)
    {
        if (_clock.IsWaitingForReceiver)
            return; // said twice
        if (_clock.RnrRetriesLeft == 0)
        {
            Fail(psn, CompletionStatus.RnrRetryExceededError);
            return;
        }

        if (_clock.RnrRetriesLeft != 7)
            _clock.RnrRetriesLeft--;
        _clock.WaitForReceiver(_qp.Now, Syndrome.ValueOf(syndrome));
        Rewind();
    }

    /// <summary>
    /// Something at the oldest unacknowledged number got lost: resend from there. Said again without progress, it
    /// counts only after a pause, so that doubled packets, or a peer that lies, cannot make us flood the path.
    /// </summary>
    private void Lost()
    {
        if (_clock.IsWaitingForReceiver)
            return;
        long now = _qp.Now;
        if (_rewoundPsn == _unackedPsn)
        {
            if (now - _rewoundAt < Math.Max(LeastPause, _clock.RoundTrip))
                return;
        }
        else
        {
            _window.OnLoss();
        }

        _rewoundPsn = _unackedPsn;
        _rewoundAt = now;
        Rewind();
    }

    /// <summary>
    /// Completes what a cumulative acknowledgement covers. Stops at a read or atomic, which only its own data
    /// completes.
    /// </summary>
    private void AcknowledgeThrough(uint psn)
    {
        uint unacked = _unackedPsn;
        while (_queue.Head != _started)
        {
            ref SendSlot slot = ref _queue[_queue.Head];
            if (slot.Packets != 0)
            {
                if (slot.AwaitsData)
                    break;
                int covered = Psn.Distance(psn, slot.FirstPsn) + 1;
                if (covered < slot.Packets)
                {
                    if (covered > Psn.Distance(_unackedPsn, slot.FirstPsn))
                        _unackedPsn = Psn.Add(slot.FirstPsn, covered);
                    break;
                }

                _unackedPsn = Psn.Add(slot.FirstPsn, slot.Packets);
            }

            CompleteHead(CompletionStatus.Success);
        }

        if (_unackedPsn != unacked)
            Progressed(Psn.Distance(_unackedPsn, unacked));
    }

    private void Progressed(int packets)
    {
        _hasProgressed = LosesNothing;
        if (!_hasProgressed)
        {
            long now = _qp.Now;
            if (_hasTimedOut && Psn.Distance(_unackedPsn, _sendPsn) > 0)
            {
                _window.OnNothingLost();
                _clock.OnAnsweredLate(now);
            }

            _clock.OnAcknowledged(_unackedPsn, now);
            _clock.Restart(now);
        }

        _hasTimedOut = false;
        _window.OnProgress(packets);
        _rewoundPsn = NoPsn;
        ReloadRetries();
        _qp.HasBeenAnswered = true;
        if (Psn.Distance(_unackedPsn, _sendPsn) > 0)
            Rewind(); // forward: an answer to what was sent before the cursor moved back
        RaiseIfDrained();
    }

    private void OnData(in PacketReader packet, uint psn, byte* payload)
    {
        AcknowledgeThrough(Psn.Add(psn, -1));
        if (psn != _unackedPsn)
        {
            Lost();
            return;
        }

        ref SendSlot slot = ref _queue[_queue.Head];
        int index = Psn.Distance(psn, slot.FirstPsn);
        bool hasEnded = packet.Has(OpcodeTraits.AtomicAcknowledge)
            ? slot.IsAtomic && Syndrome.IsAck(packet.Syndrome)
            : slot.IsRead && IsRightPart(slot, packet, index);
        if (!hasEnded)
        {
            FailHead(CompletionStatus.BadResponseError);
            return;
        }

        var elements = new LocalElements(_qp.Engine.Regions, _qp.Domain, _queue.ElementsOf(_queue.Head));
        bool isStored;
        if (slot.IsAtomic)
        {
            ulong original = packet.Original;
            isStored = elements.TryScatter(0, (byte*)&original, sizeof(ulong));
        }
        else
        {
            isStored = elements.TryScatter(
                (uint)index * (uint)_qp.Unit, payload, (uint)packet.PayloadLength);
        }

        if (!isStored)
        {
            FailHead(CompletionStatus.LocalProtectionError);
            return;
        }

        _unackedPsn = Psn.Next(psn);
        if ((slot.IsAtomic || IsEndOfSlice(slot, index)) && _readsInFlight > 0)
            _readsInFlight--;
        if (index == slot.Packets - 1)
            CompleteHead(CompletionStatus.Success);
        AcknowledgeThrough(psn); // local operations that waited behind it
        Progressed(1);
    }

    private bool IsRightPart(in SendSlot slot, in PacketReader packet, int index)
    {
        uint offset = (uint)index * (uint)_qp.Unit;
        bool isEnd = IsEndOfSlice(slot, index);
        return packet.PayloadLength == Math.Min((uint)_qp.Unit, slot.Length - offset)
            && packet.Has(OpcodeTraits.Ends) == isEnd
            && (!packet.Has(OpcodeTraits.Aeth) || Syndrome.IsAck(packet.Syndrome));
    }

    private static bool IsEndOfSlice(in SendSlot slot, int index) =>
        index == slot.Packets - 1 || (index + 1) % slot.Slice == 0;
}
