using System.Diagnostics;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Transport;

/// <summary>
/// When a requester runs out of patience. The queue pair's timeout uses up a retry. Long before it, once answers have
/// shown how long they take, a probe resends what is missing at no cost: else each lost last packet would stand still
/// for the whole timeout (67 ms by default).
/// </summary>
internal sealed class RetryClock
{
    internal enum Verdict
    {
        Nothing,
        RnrWaitIsOver,
        Probe,
        Timeout,

        /// <summary>A timeout, but looked at so late that the NIC cannot have run all the while.</summary>
        TimeoutSeenLate,
    }

    /// <summary>As kernels do: their timers tick in this grain, and peers are programs that need a processor.</summary>
    private static readonly long LeastTimeout = Stopwatch.Frequency / 250; // 4 ms

    private static readonly long LeastProbe = Stopwatch.Frequency / 1000; // 1 ms

    private static readonly long MostLearned = Stopwatch.Frequency / 50; // 20 ms

    private const int MaxBackoff = 10;

    // A timeout may be up to four times as long as it is set to (IBTA volume 1, 9.7.6.1.3). Peers that are programs on a
    // busy machine need that: each one without an answer doubles the next, up to there.
    private const int MaxTimeoutDoublings = 2;

    private long _timeout; // 0: never
    private long _startedAt; // the last progress, resend, or first packet
    private long _probeAt;
    private int _backoff;
    private int _timeouts; // since the last progress
    private long _rnrUntil; // 0: not waiting
    private long _smoothed; // round trip; 0: none seen yet
    private long _variance;
    private uint _samplePsn;
    private long _sampleAt; // 0: no sample under way

    internal int RetriesLeft { get; set; }

    internal int RnrRetriesLeft { get; set; }

    internal bool IsWaitingForReceiver => _rnrUntil != 0;

    /// <summary>Whether what is outstanding is ever given up or sent again.</summary>
    internal bool HasDeadline => _timeout != 0 || _smoothed != 0;

    internal bool HasSample => _sampleAt != 0;

    /// <summary>How long an answer usually takes at most; 0 before the first one.</summary>
    internal long RoundTrip => _smoothed;

    internal void Reset()
    {
        _smoothed = _variance = 0;
        Stop();
    }

    internal void Stop()
    {
        _rnrUntil = 0;
        _sampleAt = 0;
        _backoff = _timeouts = 0;
    }

    /// <param name="code">The queue pair's timeout: 4.096 us * 2^code, 0 for never.</param>
    internal void SetTimeout(byte code) => _timeout = code == 0
        ? 0
        : Math.Max(LeastTimeout, (long)(TimerTables.AckTimeout(code) * (Stopwatch.Frequency / 1e6)));

    /// <summary>Starts to wait anew: there was progress, or something was sent after a rest.</summary>
    internal void Restart(long now)
    {
        _startedAt = now;
        _probeAt = now;
        _backoff = _timeouts = 0;
    }

    /// <summary>A retry is used up: waits longer, and does not probe sooner than before.</summary>
    internal void Retry(long now)
    {
        _timeouts = Math.Min(_timeouts + 1, MaxTimeoutDoublings);
        WaitAgain(now);
    }

    /// <summary>Waits as long again, at no cost.</summary>
    internal void WaitAgain(long now)
    {
        _startedAt = now;
        _probeAt = now;
    }

    internal void WaitForReceiver(long now, byte code)
    {
        _rnrUntil = now + Math.Max(1, TimerTables.RnrDelay(code) * Stopwatch.Frequency / 1_000_000);
        _sampleAt = 0;
    }

    /// <summary>When to be asked again; <see cref="long.MaxValue"/> for never.</summary>
    internal long Due(bool isOutstanding)
    {
        if (_rnrUntil != 0)
            return _rnrUntil;
        if (!isOutstanding)
            return long.MaxValue;
        long due = _timeout == 0 ? long.MaxValue : _startedAt + CurrentTimeout;
        return _smoothed == 0 ? due : Math.Min(due, _probeAt + ProbeDelay);
    }

    internal Verdict Check(long now, bool isOutstanding)
    {
        if (_rnrUntil != 0)
        {
            if (now < _rnrUntil)
                return Verdict.Nothing;
            _rnrUntil = 0;
            return Verdict.RnrWaitIsOver;
        }

        if (!isOutstanding)
            return Verdict.Nothing;
        long late = now - _startedAt - CurrentTimeout;
        if (_timeout != 0 && late >= 0)
            return late <= Math.Max(LeastTimeout, CurrentTimeout / 4) ? Verdict.Timeout : Verdict.TimeoutSeenLate;
        if (_smoothed == 0 || now - _probeAt < ProbeDelay)
            return Verdict.Nothing;
        _probeAt = now;
        _backoff = Math.Min(_backoff + 1, MaxBackoff);
        return Verdict.Probe;
    }

    /// <summary>A packet that asks for an answer was sent for the first time.</summary>
    internal void Sample(uint psn, long now)
    {
        _samplePsn = psn;
        _sampleAt = now;
    }

    /// <summary>A resend makes the answer ambiguous (Karn's rule).</summary>
    internal void ForgetSample() => _sampleAt = 0;

    /// <summary>Probes came too soon: the answer to what was sent first took until now.</summary>
    internal void OnAnsweredLate(long now)
    {
        if (_smoothed != 0)
            Learn(Math.Min(now - _startedAt, MostLearned));
    }

    /// <summary>Everything before <paramref name="unacked"/> is acknowledged.</summary>
    internal void OnAcknowledged(uint unacked, long now)
    {
        if (_sampleAt == 0 || Psn.Distance(unacked, _samplePsn) <= 0)
            return;
        long measured = Math.Max(1, now - _sampleAt);
        _sampleAt = 0;
        Learn(measured);
    }

    private void Learn(long measured)
    {
        if (_smoothed == 0)
        {
            _smoothed = measured;
            _variance = measured / 2;
            return;
        }

        _variance += (Math.Abs(measured - _smoothed) - _variance) / 4;
        _smoothed = Math.Max(1, _smoothed + ((measured - _smoothed) / 8));
    }

    private long CurrentTimeout => _timeout << _timeouts;

    private long ProbeDelay => Math.Max(LeastProbe, _smoothed + (4 * _variance)) << _backoff;
}
