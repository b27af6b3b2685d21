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
            switch (_settings.Verb)
            {
                case PerfVerb.Write:
                    ExchangeWrites(poster, size);
                    break;
                case PerfVerb.Send:
                    ExchangeSends(poster, size);
                    break;
                default:
                    Post(poster);
                    _seen += WaitForSend() ? 1 : 0;
                    break;
            }
        }

        int count = (int)Math.Min(Math.Min(_posted, _seen), _stamps.Length);
        return LatencyStatistics.Of(_stamps.AsSpan(0, count), Stopwatch.Frequency, _settings.IsOneSided ? 1 : 2);
    }

    // As in perftest the server writes first, and the client sends first.
    private void ExchangeWrites(WorkPoster poster, int size)
    {
        bool counted = !_settings.IsTimed;
        if ((_posted > 0 || !_settings.IsServer) && (!counted || _seen < _settings.Iterations))
        {
            if (!WaitForByte(_endpoint.PeerOffset(0) + (nuint)size - 1, (byte)(_seen + 1)))
                return;
            _seen++;
        }

        if (counted && _posted >= _settings.Iterations)
            return;
        _endpoint.Memory(_endpoint.SendOffset(0) + (nuint)size - 1) = (byte)(_posted + 1);
        Post(poster);
        WaitForSend();
    }

    private void ExchangeSends(WorkPoster poster, int size)
    {
        bool counted = !_settings.IsTimed;
        if ((_posted > 0 || _settings.IsServer) && (!counted || _seen < _settings.Iterations))
        {
            if (!WaitForReceive(size))
                return;
            _seen++;
        }

        if (counted && _posted >= _settings.Iterations)
            return;
        Post(poster);
        WaitForSend();
    }

    private void Post(WorkPoster poster)
    {
        if (_posted < _stamps.Length)
            _stamps[_posted] = Stopwatch.GetTimestamp();
        poster.Post(0, _posted, signaled: true, (ulong)_posted);
        _posted++;
    }

    private bool WaitForSend() => WaitFor(_endpoint.Sends);

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
