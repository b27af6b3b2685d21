using System.Diagnostics;

namespace Scatterlist.Tool.Rdma.Perf;

/// <summary>
/// The time of a test of a given length: it warms up, measures, and goes on a while so that the other end measures under
/// full load as well.
/// </summary>
internal sealed class TestClock
{
    private static readonly TimeSpan LargestMargin = TimeSpan.FromSeconds(2);

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly bool _isTimed;
    private readonly TimeSpan _length;
    private readonly TimeSpan _margin;

    /// <summary>Starts the clock.</summary>
    /// <param name="length">The length of the test; null: it is counted, not timed.</param>
    internal TestClock(TimeSpan? length)
    {
        _isTimed = length is not null;
        _length = length ?? default;
        _margin = _length / 4 < LargestMargin ? _length / 4 : LargestMargin;
    }

    /// <summary>Whether the warm-up is over.</summary>
    internal bool IsSampling => Elapsed >= _margin;

    /// <summary>Whether what completes now does not count any more.</summary>
    internal bool IsCoolingDown => _isTimed && Elapsed >= _length - _margin;

    internal bool IsOver => _isTimed && Elapsed >= _length;

    private TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);
}
