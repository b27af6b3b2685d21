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

    /// <summary>Packets.</summary>
    internal int Size { get; private set; } = 1;

    internal void Reset(int limit)
    {
        _limit = Math.Max(1, limit);
        _threshold = _limit;
        _acknowledged = 0;
        Size = _limit;
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
    internal void OnTimeout()
    {
        _threshold = Math.Max(Math.Min(Least, _limit), Size / 2);
        Size = Math.Min(Least, _limit);
        _acknowledged = 0;
    }
}
