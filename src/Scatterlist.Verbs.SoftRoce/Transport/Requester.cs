using System.Diagnostics;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Transport;

/// <summary>
/// The sending half of a queue pair: takes work requests from the send queue in order, gives them sequence numbers,
/// sends their packets within a window, and completes them as answers come. Used under the engine's lock.
/// </summary>
/// <remarks>
/// Three positions matter: the send queue's head (the oldest request that is not complete), the cursor (what is sent
/// next) and <see cref="_started"/> (the first request that has no sequence numbers yet). A loss moves the cursor back
/// to the oldest packet that is not acknowledged; nothing else is ever resent.
/// </remarks>
internal sealed partial class Requester
{
    private const int WaitsPerRetry = 16; // a peer that does not run is waited for longer, but not for ever
    private const int LatesPerRetry = 4; // the same for a NIC that does not run itself

    private readonly SoftQueuePair _qp;
    private readonly SendQueue _queue;
    private readonly Window _window = new();
    private readonly RetryClock _clock = new();

    private uint _next; // the cursor: this request ...
    private int _nextPacket; // ... and this packet of it
    private uint _started;
    private uint _sendPsn; // the cursor's sequence number
    private uint _unackedPsn; // the oldest that is not acknowledged
    private uint _maxPsn; // behind the newest that was ever sent
    private int _incompleteReads; // started reads and atomics that have not completed
    private int _readsInFlight; // read requests and atomics between the oldest unacknowledged and the cursor
    private int _sinceAskedAck;
    private uint _askedPsn; // the newest packet that asks
    private int _silences; // probes where nobody had asked: the peer, another maker's, says nothing by itself
    private bool _raiseDrained;
    private int _waits;
    private int _lates;
    private PacketPath? _shared; // the path, where its window is shared with other queue pairs
    private int _counted; // our packets among its outstanding ones
    private bool _isStuck; // there was no room for the next packet in a path that loses nothing
    private bool _hasProgressed; // since the deadline was set, on a path that loses nothing
    private bool _hasTimedOut; // since the last progress

    internal Requester(SoftQueuePair qp, SendQueue queue)
    {
        _qp = qp;
        _queue = queue;
    }

    /// <summary>The sequence number of the next new packet.</summary>
    internal uint NextPsn => _maxPsn;

    /// <summary>Whether requests that were started have not completed, with or without packets.</summary>
    internal bool IsBusy => _queue.Head != _started
        || (_started != _queue.Tail && _queue[_started].DoneDirectly != 0);

    private bool LosesNothing => _qp.Path is { IsReliable: true };

    private int Outstanding => Psn.Distance(_sendPsn, _unackedPsn);

    /// <summary>Whether an answer is waited for; unlike <see cref="Outstanding"/> also when all of it will be resent.
    /// </summary>
    private bool IsUnanswered => _maxPsn != _unackedPsn;

    /// <summary>Takes over the attributes of the way to RTS.</summary>
    internal void Start(uint firstPsn)
    {
        _sendPsn = _unackedPsn = _maxPsn = firstPsn;
        _next = _started = _queue.Head;
        _nextPacket = 0;
        _incompleteReads = _readsInFlight = _sinceAskedAck = 0;
        _raiseDrained = false;
        _silences = 0;
        _askedPsn = Psn.Add(firstPsn, -1);
        _hasTimedOut = _isStuck = false;
        _rewoundPsn = NoPsn;
        TakePath();
        _clock.Reset();
        ReloadRetries();
    }

    /// <summary>The queue pair has got a path, or another one. Nothing is outstanding.</summary>
    internal void TakePath()
    {
        Count(0);
        _shared = _qp is { Type: QueuePairType.ReliableConnected, Path: { IsReliable: false } path } ? path : null;
        _window.Reset(_qp.WindowLimit);
    }

    /// <summary>By another path, since nothing that was sent has been read: what was started has not been.</summary>
    internal void StartOver()
    {
        for (uint position = _queue.Head; position != _started; position++)
            _queue[position].IsStarted = false;
        Start(_qp.Type == QueuePairType.ReliableConnected ? _qp.Attributes.SendPsn : _sendPsn);
    }

    internal void SetTimeout(byte code) => _clock.SetTimeout(code);

    /// <summary>New requests wait; an event tells when the started ones are complete.</summary>
    internal void Drain(bool raiseEvent)
    {
        _raiseDrained = raiseEvent;
        RaiseIfDrained();
    }

    /// <summary>Forgets everything, without completions.</summary>
    internal void Clear()
    {
        _queue.Clear();
        _next = _started = _queue.Head;
        _nextPacket = 0;
        _unackedPsn = _maxPsn = _sendPsn;
        _incompleteReads = _readsInFlight = 0;
        _raiseDrained = _isStuck = false;
        FoundRoom();
        _clock.Stop();
        Count(0);
    }

    /// <summary>Completes every request as flushed, in order.</summary>
    internal void Flush()
    {
        while (_queue.Count != 0)
            CompleteHead(CompletionStatus.WorkRequestFlushedError);
        Clear();
    }

    /// <summary>The timer's deadline is reached, or an earlier one that has moved since.</summary>
    internal void OnTimer(long now)
    {
        if (!_qp.CanSend)
            return;
        if (_qp.Type == QueuePairType.UnreliableConnected)
        {
            OnStillStuck();
            return;
        }

        if (_hasProgressed)
        {
            _clock.Restart(now);
            _waits = 0;
        }

        _hasProgressed = false;
        switch (_clock.Check(now, IsUnanswered || _isStuck))
        {
            case RetryClock.Verdict.RnrWaitIsOver:
                _clock.Restart(now);
                _qp.MarkPending();
                break;
            case RetryClock.Verdict.Probe:
                if (_sinceAskedAck != 0)
                    _silences++;
                Resend();
                break;
            case RetryClock.Verdict.Timeout when _qp.Path!.HasUnread && ++_waits % WaitsPerRetry != 0:
                _clock.Restart(now); // the peer has not had a processor since
                break;
            case RetryClock.Verdict.TimeoutSeenLate when ++_lates % LatesPerRetry != 0:
                _clock.WaitAgain(now); // nor had we: so who knows how long the peer has had to answer
                Resend();
                break;
            case RetryClock.Verdict.Timeout or RetryClock.Verdict.TimeoutSeenLate
                when _qp.Path!.IsDead || _clock.RetriesLeft == 0:
                Fail(_unackedPsn, CompletionStatus.RetryExceededError);
                return;
            case RetryClock.Verdict.Timeout or RetryClock.Verdict.TimeoutSeenLate:
                _clock.RetriesLeft--;
                _clock.Retry(now);
                if (LosesNothing && _qp.Path!.HasUnread)
                    break; // the packets are there: the peer stands still
                Resend();
                break;
        }

        CountOutstanding();
        Schedule();
    }

    private void Resend()
    {
        _window.OnTimeout(isFirst: !_hasTimedOut);
        _hasTimedOut = true;
        Rewind();
        _qp.MarkPending();
    }

    /// <summary>
    /// Sets the deadline. On a path that loses nothing it is set once and looked at when it is reached: reading the
    /// clock for every packet would cost a tenth of what the packet does.
    /// </summary>
    private void Schedule()
    {
        if (!LosesNothing || _clock.IsWaitingForReceiver)
        {
            _qp.Schedule(_clock.Due(IsUnanswered));
        }
        else if (_qp.Deadline == long.MaxValue && (IsUnanswered || _isStuck))
        {
            _clock.Restart(_qp.Now);
            _hasProgressed = false;
            _qp.Schedule(_clock.Due(isOutstanding: true));
        }
    }

    /// <summary>Tells the path how many of its outstanding packets are ours.</summary>
    private void CountOutstanding() => Count(_clock.HasDeadline ? Outstanding : 0); // who never resends holds nobody up

    private void Count(int packets)
    {
        if (_shared is null)
            return;
        _shared.Outstanding += packets - _counted;
        _counted = packets;
    }

    private void ReloadRetries()
    {
        _lates = 0;
        _clock.RetriesLeft = _qp.Attributes.RetryCount;
        _clock.RnrRetriesLeft = _qp.Attributes.RnrRetry;
    }

    /// <summary>Moves the cursor to the oldest packet that is not acknowledged.</summary>
    private void Rewind()
    {
        _sendPsn = _unackedPsn;
        _next = _queue.Head;
        _nextPacket = _next == _started ? 0 : Psn.Distance(_unackedPsn, _queue[_next].FirstPsn);
        _readsInFlight = 0;
        _sinceAskedAck = 0;
        _askedPsn = Psn.Add(_maxPsn, -1); // resent, each message asks
        _clock.ForgetSample();
    }

    /// <summary>Completes the oldest request; errors always, successes when they are signaled.</summary>
    private void CompleteHead(CompletionStatus status)
    {
        ref SendSlot slot = ref _queue[_queue.Head];
        if (slot.IsStarted && slot.AwaitsData && _queue.Head != _started)
            _incompleteReads--;
        bool signaled = status != CompletionStatus.Success || _qp.SignalsAll
            || (slot.Flags & SendFlags.Signaled) != 0;
        if (signaled)
        {
            _qp.SendCompletions.Push(
                new WorkCompletion(slot.Id, status, slot.CompletionOpcode, _qp.Number, slot.Length),
                solicited: false);
        }

        _queue.RemoveHead();
    }

    /// <summary>The request that holds a sequence number failed; everything else is flushed.</summary>
    private void Fail(uint psn, CompletionStatus status)
    {
        while (_queue.Head != _started)
        {
            ref SendSlot slot = ref _queue[_queue.Head];
            if (slot.Packets != 0 && Psn.Distance(psn, slot.FirstPsn) < slot.Packets)
                break;
            CompleteHead(CompletionStatus.WorkRequestFlushedError); // a read before it whose data got lost
        }

        FailHead(status);
    }

    private void FailHead(CompletionStatus status)
    {
        if (_queue.Count != 0)
            CompleteHead(status);
        _qp.OnSendFailed();
    }

    private void RaiseIfDrained()
    {
        if (!_raiseDrained || IsBusy)
            return;
        _raiseDrained = false;
        _qp.Engine.Raise(AsyncEventType.SendQueueDrained, _qp);
    }
}
