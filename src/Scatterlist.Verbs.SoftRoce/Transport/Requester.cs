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
    private bool _raiseDrained;
    private int _waits;
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
        _hasTimedOut = false;
        _rewoundPsn = NoPsn;
        _window.Reset(_qp.WindowLimit);
        _clock.Reset();
        ReloadRetries();
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
        _raiseDrained = false;
        _clock.Stop();
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
        if (_hasProgressed)
        {
            _clock.Restart(now);
            _waits = 0;
        }

        _hasProgressed = false;
        switch (_clock.Check(now, IsUnanswered))
        {
            case RetryClock.Verdict.RnrWaitIsOver:
                _clock.Restart(now);
                _qp.MarkPending();
                break;
            case RetryClock.Verdict.Probe:
                _window.OnTimeout(isFirst: !_hasTimedOut);
                _hasTimedOut = true;
                Rewind();
                _qp.MarkPending();
                break;
            case RetryClock.Verdict.Timeout when _qp.Path!.HasUnread && ++_waits % WaitsPerRetry != 0:
                _clock.Restart(now); // the peer has not had a processor since
                break;
            case RetryClock.Verdict.Timeout when _qp.Path!.IsDead || _clock.RetriesLeft == 0:
                Fail(_unackedPsn, CompletionStatus.RetryExceededError);
                return;
            case RetryClock.Verdict.Timeout:
                _clock.RetriesLeft--;
                _clock.Retry(now);
                if (LosesNothing && _qp.Path!.HasUnread)
                    break; // the packets are there: the peer stands still
                _window.OnTimeout(isFirst: !_hasTimedOut);
                _hasTimedOut = true;
                Rewind();
                _qp.MarkPending();
                break;
        }

        Schedule();
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
        else if (_qp.Deadline == long.MaxValue && IsUnanswered)
        {
            _clock.Restart(_qp.Now);
            _hasProgressed = false;
            _qp.Schedule(_clock.Due(isOutstanding: true));
        }
    }

    private void ReloadRetries()
    {
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
