namespace Scatterlist.Verbs.SoftRoce.Transport;

/// <summary>
/// How many packets may be on their way: no more than the receiver's buffer surely holds, fewer after a loss, and one
/// more for each whole window that arrives (RFC 5681's way, in packets).
/// </summary>
internal sealed class Window
{
    private const int Least = 2;

    private int _limit = 1;
    private int _threshold;
    private int _acknowledged;
    private int _sizeBefore; // before the last timeout
    private int _thresholdBefore;

    /// <summary>Packets.</summary>
    internal int Size { get; private set; } = 1;

    internal void Reset(int limit)
    {
        _limit = Math.Max(1, limit);
        _threshold = _limit;
        _acknowledged = 0;
        Size = _sizeBefore = _thresholdBefore = _limit;
    }

    internal void OnProgress(int packets)
    {
        if (Size >= _limit)
            return;
        if (Size < _threshold)
        {
            Size = Math.Min(_threshold, Size + packets);
            return;
        }

        _acknowledged += packets;
        if (_acknowledged < Size)
            return;
        _acknowledged = 0;
        Size++;
    }

    /// <summary>A packet got lost, and later ones arrived.</summary>
    internal void OnLoss()
    {
        Size = Math.Max(Math.Min(Least, _limit), Size / 2);
        _threshold = Size;
        _acknowledged = 0;
    }

    /// <summary>Nothing was heard for long.</summary>
    /// <param name="isFirst">Whether there was progress since the last time.</param>
    internal void OnTimeout(bool isFirst)
    {
        if (isFirst)
            (_sizeBefore, _thresholdBefore) = (Size, _threshold);
        _threshold = Math.Max(Math.Min(Least, _limit), Size / 2);
        Size = Math.Min(Least, _limit);
        _acknowledged = 0;
    }

    /// <summary>
    /// The peer was slow, no more: it has what was sent before the timeout (RFC 4015's idea). A peer that shares its
    /// processor stands still for milliseconds all the time.
    /// </summary>
    internal void OnNothingLost()
    {
        Size = Math.Max(Size, _sizeBefore);
        _threshold = Math.Max(_threshold, _thresholdBefore);
    }
}
