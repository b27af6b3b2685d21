using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <summary>Posted receives, oldest first, in memory that is set aside once. Used under the engine's lock.</summary>
internal sealed unsafe class ReceiveRing
{
    private ulong[] _ids;
    private int[] _counts;
    private ScatterGatherEntry[] _elements;
    private ulong _head; // counts up for ever, as the tail does: their difference is the number posted
    private ulong _tail;

    internal ReceiveRing(int capacity, int maxElements)
    {
        Capacity = capacity;
        MaxElements = maxElements;
        _ids = new ulong[capacity];
        _counts = new int[capacity];
        _elements = new ScatterGatherEntry[capacity * maxElements];
    }

    internal int Capacity { get; private set; }

    internal int MaxElements { get; }

    internal int Count => (int)(_tail - _head);

    /// <summary>EINVAL for too many elements, ENOMEM for a full ring.</summary>
    internal Errno Post(ReceiveEntry* entry)
    {
        if ((uint)entry->ListLength > (uint)MaxElements)
            return Errno.EINVAL;
        if (Count == Capacity)
            return Errno.ENOMEM;
        int slot = (int)(_tail % (uint)Capacity);
        _ids[slot] = entry->Id;
        _counts[slot] = entry->ListLength;
        new ReadOnlySpan<ScatterGatherEntry>(entry->List, entry->ListLength)
            .CopyTo(_elements.AsSpan(slot * MaxElements, MaxElements));
        _tail++;
        return Errno.None;
    }

    /// <summary>Takes the oldest. The destination has room for <see cref="MaxElements"/>.</summary>
    internal bool TryTake(out ulong id, Span<ScatterGatherEntry> elements, out int count)
    {
        if (_head == _tail)
        {
            id = 0;
            count = 0;
            return false;
        }

        int slot = (int)(_head % (uint)Capacity);
        id = _ids[slot];
        count = _counts[slot];
        _elements.AsSpan(slot * MaxElements, count).CopyTo(elements);
        _head++;
        return true;
    }

    internal void Clear() => _head = _tail;

    /// <summary>False when more are posted than the new capacity holds.</summary>
    internal bool TryResize(int capacity)
    {
        int count = Count;
        if (count > capacity)
            return false;
        var ids = new ulong[capacity];
        var counts = new int[capacity];
        var elements = new ScatterGatherEntry[capacity * MaxElements];
        for (int i = 0; i < count; i++)
            TryTake(out ids[i], elements.AsSpan(i * MaxElements, MaxElements), out counts[i]);
        (_ids, _counts, _elements, Capacity) = (ids, counts, elements, capacity);
        (_head, _tail) = (0, (ulong)count);
        return true;
    }
}
