using System.Diagnostics;
using System.Runtime;
using System.Runtime.CompilerServices;
using Scatterlist.Tool.Rdma.Exchange;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma.Perf;

/// <summary>
/// Posts messages as fast as the queues take them, of which every n-th completes; receives those of the peer; and counts
/// what is complete.
/// </summary>
internal sealed class BandwidthLoop
{
    private const int IdShift = 40; // an id is the queue pair and how many messages it had posted by then
    private const int WarmUpMessages = 64; // of a queue pair, a round
    private const int MostWarmUps = 8;

    // The runtime compiles what is called often once more, 0.1 s after it compiled something for the first time.
    private static readonly TimeSpan CompilationDelay = TimeSpan.FromMilliseconds(150);
    private const ulong CountMask = (1ul << IdShift) - 1;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LossGrace = TimeSpan.FromSeconds(1);

    private readonly PerfSettings _settings;
    private readonly PerfEndpoint _endpoint;
    private readonly ControlChannel _channel;
    private readonly Watch _watch;
    private readonly long[] _sent;
    private readonly long[] _done;
    private readonly long[] _room; // receives that were posted for this size
    private readonly int[] _waiting; // receives that are posted and have not completed
    private long _asked; // messages of a queue pair
    private long _totalSent;
    private long _totalDone;
    private long _totalReceived;
    private long _lastMove;

    internal BandwidthLoop(PerfSettings settings, PerfEndpoint endpoint, ControlChannel channel, CancellationToken stop)
    {
        _settings = settings;
        _endpoint = endpoint;
        _channel = channel;
        _watch = new Watch(
            channel, Silence,
            () => $"{_totalDone} of the own messages are complete, {_totalReceived} have come", stop);
        _sent = new long[settings.QueuePairs];
        _done = new long[settings.QueuePairs];
        _room = new long[settings.QueuePairs];
        _waiting = new int[settings.QueuePairs];
    }

    /// <summary>Messages of unreliable queue pairs that never came.</summary>
    internal long Lost { get; private set; }

    /// <summary>
    /// Posts the first receives; the peer may send once it knows that this is done. Those that wait for messages of the
    /// size before that got lost stay, so all of them have room for the largest one.
    /// </summary>
    internal void Prepare()
    {
        for (int i = 0; i < _room.Length && _settings.Receives; i++)
        {
            for (_room[i] = _waiting[i]; _waiting[i] < _settings.RxDepth;)
                Replenish(i);
        }
    }

    /// <summary>
    /// Posts messages that do not count until the code that does is compiled for good: what is measured is the way of
    /// messages. Only for one-sided work, of which the peer counts nothing; a timed run has a time for this.
    /// </summary>
    internal void WarmUp(int size)
    {
        if (!_settings.Posts || !_settings.IsOneSided || _settings.IsTimed)
            return;
        var poster = new WorkPoster(_endpoint, _settings, size);
        var meter = new BandwidthMeter(0);
        long compiled = -1;
        for (int i = 0; i < MostWarmUps && compiled != JitInfo.GetCompiledMethodCount(); i++)
        {
            compiled = JitInfo.GetCompiledMethodCount();
            Pump(size, poster, meter, RoundDown(Math.Min(WarmUpMessages, _settings.Iterations)));
            if (RuntimeFeature.IsDynamicCodeCompiled)
                Thread.Sleep(CompilationDelay);
        }
    }

    internal BandwidthReport Run(int size)
    {
        var meter = new BandwidthMeter(
            _settings.MeasuresPeak && _settings.Posts ? _settings.Iterations * _settings.QueuePairs : 0);
        var poster = new WorkPoster(_endpoint, _settings, size);
        Pump(size, poster, meter, _settings.Iterations);
        return meter.Report(size, _settings.Gigabits, _watch.Stop);
    }

    // Lists are posted whole.
    private int RoundDown(int messages) => Math.Max(messages / _settings.PostList, 1) * _settings.PostList;

    private void Pump(int size, WorkPoster poster, BandwidthMeter meter, int asked)
    {
        _asked = asked;
        Array.Clear(_sent);
        Array.Clear(_done);
        _totalSent = _totalDone = _totalReceived = 0;
        var clock = new TestClock(_settings.Duration);
        long sampledFrom = 0;
        bool sampling = !_settings.IsTimed;
        meter.Start();
        _lastMove = Stopwatch.GetTimestamp();
        while (!IsFinished(clock))
        {
            if (!sampling && clock.IsSampling)
            {
                sampling = true;
                sampledFrom = _settings.Posts ? _totalDone : _totalReceived;
                meter.Start();
            }

            bool counts = sampling && !clock.IsCoolingDown;
            bool moved = _settings.Posts && PostSome(poster, meter);
            moved |= _settings.Posts && TakeSends(counts ? meter : null, sampledFrom);
            moved |= _settings.Receives && TakeReceives(size, counts && !_settings.Posts ? meter : null, sampledFrom);
            if (moved)
                _watch.Moved();
            else
                (_settings.Posts ? _endpoint.Sends : _endpoint.Receives).Wait(_watch);
        }
    }

    private bool IsFinished(TestClock clock)
    {
        // A peer that only receives does so until the one that sends has something else to say.
        if (_settings.IsTimed)
            return _settings.Posts ? clock.IsOver : _channel.HasNews && !_endpoint.Receives.HasMore;
        long total = _asked * _settings.QueuePairs;
        if (_settings.Posts && _totalDone < total)
            return false;
        if (!_settings.Receives || _totalReceived >= total)
            return true;
        return !_settings.IsReliable && HasLost(total);
    }

    // Unreliable messages may never come. The sender speaks when it is done; nothing comes long after.
    private bool HasLost(long total)
    {
        if (Stopwatch.GetElapsedTime(_lastMove) < LossGrace || !(_channel.HasNews || _settings.IsBidirectional))
            return false;
        Lost += total - _totalReceived;
        return true;
    }

    private bool PostSome(WorkPoster poster, BandwidthMeter meter)
    {
        long before = _totalSent;
        for (int i = 0; i < _sent.Length; i++)
        {
            while (_sent[i] - _done[i] + _settings.PostList <= _settings.TxDepth
                && (_settings.IsTimed || _sent[i] < _asked))
            {
                if (_settings.PostList > 1)
                    PostList(i, poster, meter);
                else
                    PostOne(i, poster, meter);
            }
        }

        return _totalSent != before;
    }

    private void PostOne(int queuePair, WorkPoster poster, BandwidthMeter meter)
    {
        meter.Posted(_totalSent++);
        long sequence = _sent[queuePair]++;
        poster.Post(queuePair, sequence, IsSignaled(sequence), Id(queuePair, sequence));
    }

    // The device is told once of a whole list.
    private void PostList(int queuePair, WorkPoster poster, BandwidthMeter meter)
    {
        int slots = _settings.PostList * poster.SlotsPerMessage;
        PostBatch batch = _endpoint.QueuePairs[queuePair].BeginBatch(stackalloc BatchSlot[slots]);
        long first = _sent[queuePair];
        for (int i = 0; i < _settings.PostList; i++)
        {
            meter.Posted(_totalSent++);
            long sequence = _sent[queuePair]++;
            poster.Add(ref batch, queuePair, sequence, IsSignaled(sequence), Id(queuePair, sequence));
        }

        WorkPoster.Check(batch.Post(), first);
    }

    private bool IsSignaled(long sequence) => (sequence + 1) % _settings.CqModeration == 0
        || (!_settings.IsTimed && sequence + 1 == _asked);

    // Work of one queue pair completes in its order, so a completion tells how much of it is complete.
    private static ulong Id(int queuePair, long sequence) => ((ulong)queuePair << IdShift) | (ulong)(sequence + 1);

    private bool TakeSends(BandwidthMeter? meter, long sampledFrom)
    {
        ReadOnlySpan<WorkCompletion> completions = _endpoint.Sends.Take();
        foreach (ref readonly WorkCompletion completion in completions)
        {
            int queuePair = (int)(completion.Id >> IdShift);
            long count = (long)(completion.Id & CountMask);
            _totalDone += count - _done[queuePair];
            _done[queuePair] = count;
            meter?.Completed(_totalDone - sampledFrom);
        }

        return !completions.IsEmpty;
    }

    private bool TakeReceives(int size, BandwidthMeter? meter, long sampledFrom)
    {
        ReadOnlySpan<WorkCompletion> completions = _endpoint.Receives.Take();
        if (completions.IsEmpty)
            return false;
        if (_totalReceived == 0 && !_settings.IsTimed)
            meter?.Start(); // the clock of a receiver begins with the first message
        _lastMove = Stopwatch.GetTimestamp();
        foreach (ref readonly WorkCompletion completion in completions)
        {
            int queuePair = (int)completion.Id;
            _waiting[queuePair]--;
            bool isLate = !_settings.IsReliable && completion.ByteLength != size + _settings.GrhBytes;
            if (!isLate)
                _totalReceived++; // else it is of the size before, and was counted as lost
            if (isLate || _settings.IsTimed || _room[queuePair] < _settings.Iterations)
                Replenish(queuePair);
        }

        meter?.Completed(_totalReceived - sampledFrom);
        return true;
    }

    private void Replenish(int queuePair)
    {
        _endpoint.PostReceive(queuePair, _settings.Size);
        _room[queuePair]++;
        _waiting[queuePair]++;
    }
}
