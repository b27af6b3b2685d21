using System.Diagnostics;
using Scatterlist.Tool.Rdma.Exchange;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma.Perf;

/// <summary>
/// One message at a time, to and fro (send, write) or there and back (read, atomic), with the time of every one. A write
/// is seen by its last byte: nothing else tells the peer of it.
/// </summary>
internal sealed class LatencyLoop
{
    private const int MostStamps = 10_000_000;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    private readonly PerfSettings _settings;
    private readonly PerfEndpoint _endpoint;
    private readonly ControlChannel _channel;
    private readonly Watch _watch;
    private readonly long[] _stamps;
    private TestClock _clock = new(null);
    private long _posted;
    private long _seen;
    private int _untilLook;
    private bool _isOver;

    internal LatencyLoop(PerfSettings settings, PerfEndpoint endpoint, ControlChannel channel, CancellationToken stop)
    {
        _settings = settings;
        _endpoint = endpoint;
        _channel = channel;
        _watch = new Watch(
            channel, Silence,
            () => $"{_seen} exchanges of {(settings.IsTimed ? "a timed run" : $"{settings.Iterations}")}"
                + $"{(settings.IsReliable ? "" : "; unreliable messages can get lost")}", stop)
        {
            ExpectsConnection = !settings.IsTimed, // the end of a timed run is to be seen by that
        };
        _stamps = new long[settings.IsTimed ? MostStamps : settings.Iterations];
    }

    /// <summary>Posts the first receives; the peer may send once it knows that this is done.</summary>
    internal void Prepare(int size)
    {
        for (int i = 0; i < _settings.RxDepth && _settings.Verb == PerfVerb.Send; i++)
            _endpoint.PostReceive(0, size);
    }

    internal LatencyStatistics Run(int size)
    {
        _posted = _seen = 0;
        _isOver = false;
        _clock = new TestClock(_settings.Duration);
        var poster = new WorkPoster(_endpoint, _settings, size);
        while (!HasEnded() && (_settings.IsTimed || Math.Min(_posted, _seen) < _settings.Iterations))
        {
            if (!_settings.IsOneSided)
            {
                Exchange(poster, size);
                continue;
            }

            Post(poster);
            _seen += WaitFor(_endpoint.Sends) ? 1 : 0;
        }

        int count = (int)Math.Min(Math.Min(_posted, _seen), _stamps.Length);
        return LatencyStatistics.Of(_stamps.AsSpan(0, count), Stopwatch.Frequency, _settings.IsOneSided ? 1 : 2);
    }

    // As in perftest the server writes first, and the client sends first.
    private void Exchange(WorkPoster poster, int size)
    {
        bool writes = _settings.Verb == PerfVerb.Write;
        bool isFirst = _settings.IsServer == writes;
        nuint last = (nuint)size - 1;
        if ((_posted > 0 || !isFirst) && (_settings.IsTimed || _seen < _settings.Iterations))
        {
            if (!(writes ? WaitForByte(_endpoint.PeerOffset(0) + last, (byte)(_seen + 1)) : WaitForReceive(size)))
                return;
            _seen++;
        }

        if (!_settings.IsTimed && _posted >= _settings.Iterations)
            return;
        if (writes)
            _endpoint.Memory(_endpoint.SendOffset(0) + last) = (byte)(_posted + 1);
        Post(poster);
        WaitFor(_endpoint.Sends);
    }

    private void Post(WorkPoster poster)
    {
        if (_posted < _stamps.Length)
            _stamps[_posted] = Stopwatch.GetTimestamp();
        poster.Post(0, _posted, signaled: true, (ulong)_posted);
        _posted++;
    }

    private bool WaitForReceive(int size)
    {
        if (!WaitFor(_endpoint.Receives))
            return false;
        if (_settings.IsTimed || _seen + _settings.RxDepth < _settings.Iterations)
            _endpoint.PostReceive(0, size);
        return true;
    }

    private bool WaitFor(CompletionReader reader)
    {
        while (reader.Take(1).IsEmpty)
        {
            if (HasEnded())
                return false;
            reader.Wait(_watch);
        }

        _watch.Moved();
        return true;
    }

    // Looking for completions in between lets a device work that has no processor of its own, and finds failures.
    private bool WaitForByte(nuint offset, byte value)
    {
        const int LooksAtMemory = 16;
        ref byte place = ref _endpoint.Memory(offset);
        while (true)
        {
            for (int i = 0; i < LooksAtMemory; i++)
            {
                if (Volatile.Read(ref place) == value)
                {
                    _watch.Moved();
                    return true;
                }
            }

            if (HasEnded())
                return false;
            _endpoint.Receives.Take();
            _watch.Idle();
        }
    }

    // The end of a timed run: by the clock, or because the other end is done and speaks or is gone.
    private bool HasEnded()
    {
        if (!_settings.IsTimed || _isOver || --_untilLook > 0)
            return _isOver;
        _untilLook = 256;
        return _isOver = _clock.IsOver || (_settings.IsServer && _channel.HasNews);
    }
}
