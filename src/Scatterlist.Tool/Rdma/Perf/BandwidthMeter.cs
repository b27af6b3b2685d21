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

    /// <summary>The messages whose posts are noted.</summary>
    internal int Room => _posted.Length;

    internal void Start() => _first = _last = Stopwatch.GetTimestamp();

    /// <summary>Notes a post.</summary>
    /// <param name="index">How many messages were posted before.</param>
    internal void Posted(long index)
    {
        if (index < _posted.Length)
            Posted(index, Stopwatch.GetTimestamp());
    }

    internal void Posted(long index, long time) => _posted[index] = time;

    /// <summary>Notes that this many messages are complete, in all.</summary>
    internal void Completed(long total) => Completed(total, Stopwatch.GetTimestamp());

    internal void Completed(long total, long time)
    {
        _last = time;
        _messages = total;
        if (_completions < _completed.Length)
            _completed[_completions++] = (_last, total);
    }

    internal BandwidthReport Report(int size, bool gigabits, CancellationToken stop)
    {
        double unit = gigabits ? 1.25e8 : 1 << 20;
        double seconds = Math.Max(Stopwatch.GetElapsedTime(_first, _last).TotalSeconds, 1e-9);
        return new BandwidthReport(
            (ulong)size, (ulong)_messages, Peak(stop) * size / unit, _messages * (double)size / seconds / unit,
            _messages / seconds / 1e6);
    }

    // The best rate of any run of messages that begins with a post and ends with a completion: the steepest line from a
    // point (time, number) of a post to one of a completion. It begins at a corner of the lower hull of the posts before
    // the completion, along which the slope grows up to that corner and then falls.
    private double Peak(CancellationToken stop)
    {
        const int LookEvery = 1 << 16;
        double best = 0;
        int[] hull = new int[_posted.Length];
        int corners = 0, next = 0;
        for (int j = 0; j < _completions; j++)
        {
            if (j % LookEvery == 0)
                stop.ThrowIfCancellationRequested();
            (long time, long total) = _completed[j];
            for (; next < _posted.Length && _posted[next] < time && _posted[next] != 0; next++)
                corners = AddCorner(hull, corners, next);
            if (corners == 0)
                continue;
            int low = 0, high = corners - 1;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (Rate(hull[middle], time, total) < Rate(hull[middle + 1], time, total))
                    low = middle + 1;
                else
                    high = middle;
            }

            best = Math.Max(best, Rate(hull[low], time, total));
        }

        return best * Stopwatch.Frequency;
    }

    // Posts come in the order of time and of number. Of those at the same time the first one is the lowest.
    private int AddCorner(int[] hull, int corners, int post)
    {
        if (corners > 0 && _posted[hull[corners - 1]] == _posted[post])
            return corners;
        while (corners > 1 && !TurnsUp(hull[corners - 2], hull[corners - 1], post))
            corners--;
        hull[corners] = post;
        return corners + 1;
    }

    private bool TurnsUp(int first, int second, int third) =>
        (second - first) * (double)(_posted[third] - _posted[second])
        < (third - second) * (double)(_posted[second] - _posted[first]);

    private double Rate(int post, long time, long total) => (total - post) / (double)(time - _posted[post]);
}
