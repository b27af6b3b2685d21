using System.Diagnostics;
using Scatterlist.Tool.Rdma.Exchange;

namespace Scatterlist.Tool.Rdma.Perf;

/// <summary>
/// The times of a bandwidth test: of the posts and of the completions that tell of them, from the first post to the last
/// completion. Nothing is allocated while it runs.
/// </summary>
internal sealed class BandwidthMeter
{
    private readonly long[] _posted;
    private readonly (long Time, long Total)[] _completed;
    private int _completions;
    private long _first;
    private long _last;
    private long _messages;

    /// <summary>Prepares room.</summary>
    /// <param name="messages">How many messages are posted; 0: no peak is measured.</param>
    internal BandwidthMeter(int messages)
    {
        _posted = new long[messages];
        _completed = new (long, long)[messages];
    }

    internal void Start() => _first = _last = Stopwatch.GetTimestamp();

    /// <summary>Notes a post.</summary>
    /// <param name="index">How many messages were posted before.</param>
    internal void Posted(long index)
    {
        if (index < _posted.Length)
            _posted[index] = Stopwatch.GetTimestamp();
    }

    /// <summary>Notes that this many messages are complete, in all.</summary>
    internal void Completed(long total)
    {
        _last = Stopwatch.GetTimestamp();
        _messages = total;
        if (_completions < _completed.Length)
            _completed[_completions++] = (_last, total);
    }

    internal BandwidthReport Report(int size, bool gigabits)
    {
        double unit = gigabits ? 1.25e8 : 1 << 20;
        double seconds = Math.Max(Stopwatch.GetElapsedTime(_first, _last).TotalSeconds, 1e-9);
        return new BandwidthReport(
            (ulong)size, (ulong)_messages, Peak() * size / unit, _messages * (double)size / seconds / unit,
            _messages / seconds / 1e6);
    }

    // The best rate of any run of messages that begins with a post and ends with a completion.
    private double Peak()
    {
        double best = 0;
        for (int j = 0; j < _completions && _posted.Length != 0; j++)
        {
            (long time, long total) = _completed[j];
            int count = (int)Math.Min(total, _posted.Length);
            for (int i = 0; i < count; i++)
            {
                if (time > _posted[i])
                    best = Math.Max(best, (total - i) / (double)(time - _posted[i]));
            }
        }

        return best * Stopwatch.Frequency;
    }
}
