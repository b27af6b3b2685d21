using System.Numerics;

namespace Scatterlist.Opae;

/// <summary>
/// Parts of a range that are powers of two and aligned to their size. Taking and giving is O(log n) and allocates
/// nothing once the lists have their size. Not thread-safe.
/// </summary>
/// <remarks>
/// Parts that come back are kept as they are for the next of their size, and joined with their neighbours when they are
/// many or nothing else is left: what is rented and returned in turn would be cut and joined all the way up each time.
/// </remarks>
internal sealed class BuddyAllocator
{
    private const int MaxKept = 32;

    private readonly int _unit; // log2 of the smallest part
    private readonly Level[] _levels;

    internal BuddyAllocator(nuint length, nuint smallest)
    {
        if (!BitOperations.IsPow2(length) || !BitOperations.IsPow2(smallest) || length < smallest)
            throw new ArgumentException("Lengths are powers of two.", nameof(length));
        _unit = BitOperations.Log2(smallest);
        int top = BitOperations.Log2(length) - _unit;
        _levels = new Level[top + 1];
        for (int level = 0; level <= top; level++)
            _levels[level] = new Level(1L << (top - level));
        _levels[top].Push(0);
    }

    internal bool TryTake(nuint length, out nuint offset, out nuint reserved)
    {
        offset = reserved = 0;
        if (length > (nuint)1 << (_unit + _levels.Length - 1))
            return false;
        int wanted = Math.Max(0, BitOperations.Log2(BitOperations.RoundUpToPowerOf2(length)) - _unit);
        if (!_levels[wanted].TryTakeKept(out long index) && !TryCut(wanted, out index))
        {
            JoinKept();
            if (!TryCut(wanted, out index))
                return false;
        }

        offset = (nuint)index << (_unit + wanted);
        reserved = (nuint)1 << (_unit + wanted);
        return true;
    }

    internal void Give(nuint offset, nuint reserved)
    {
        int level = BitOperations.Log2(reserved) - _unit;
        long index = (long)(offset >> (_unit + level));
        if (!_levels[level].TryKeep(index))
            Join(level, index);
    }

    private bool TryCut(int wanted, out long index)
    {
        index = 0;
        int level = wanted;
        while (level < _levels.Length && _levels[level].IsEmpty)
            level++;
        if (level == _levels.Length)
            return false;
        index = _levels[level].Pop();
        for (; level > wanted; level--)
        {
            index <<= 1;
            _levels[level - 1].Push(index | 1);
        }

        return true;
    }

    private void Join(int level, long index)
    {
        while (level < _levels.Length - 1 && _levels[level].TryRemove(index ^ 1))
        {
            index >>= 1;
            level++;
        }

        _levels[level].Push(index);
    }

    private void JoinKept()
    {
        for (int level = 0; level < _levels.Length; level++)
        {
            while (_levels[level].TryTakeKept(out long index))
                Join(level, index);
        }
    }

    /// <summary>The free parts of one size: a list, and for each possible part its place in the list.</summary>
    private sealed class Level(long count)
    {
        private readonly Dictionary<long, int> _places = new((int)Math.Min(count, 64));
        private readonly List<long> _free = new((int)Math.Min(count, 64));
        private readonly long[] _kept = new long[Math.Min(count, MaxKept)];
        private int _keptCount;

        internal bool TryKeep(long index)
        {
            if (_keptCount == _kept.Length)
                return false;
            _kept[_keptCount++] = index;
            return true;
        }

        internal bool TryTakeKept(out long index)
        {
            index = 0;
            if (_keptCount == 0)
                return false;
            index = _kept[--_keptCount];
            return true;
        }

        internal bool IsEmpty => _free.Count == 0;

        internal void Push(long index)
        {
            _places.Add(index, _free.Count);
            _free.Add(index);
        }

        internal long Pop()
        {
            long index = _free[^1];
            _free.RemoveAt(_free.Count - 1);
            _places.Remove(index);
            return index;
        }

        internal bool TryRemove(long index)
        {
            if (!_places.Remove(index, out int place))
                return false;
            long last = _free[^1];
            _free.RemoveAt(_free.Count - 1);
            if (last != index)
            {
                _free[place] = last;
                _places[last] = place;
            }

            return true;
        }
    }
}
