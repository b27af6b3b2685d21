using System.Numerics;
using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <summary>Posted receives, oldest first, in memory that is set aside once. Used under the engine's lock.</summary>
internal sealed unsafe class ReceiveRing
{
    private ulong[] _ids; // a power of two of them: a division would take longer than the rest
    private int[] _counts;
    private ScatterGatherEntry[] _elements;
    private ulong _head; // counts up for ever, as the tail does: their difference is the number posted
    private ulong _tail;

    internal ReceiveRing(int capacity, int maxElements)
    {
        Capacity = capacity;
        MaxElements = maxElements;
        (_ids, _counts, _elements) = MakePlaces(capacity, maxElements);
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
        int slot = (int)_tail & (_ids.Length - 1);
        _ids[slot] = entry->Id;
        _counts[slot] = entry->ListLength;
        Span<ScatterGatherEntry> places = _elements.AsSpan(slot * MaxElements, MaxElements);
        for (int i = 0; i < entry->ListLength; i++)
        {
            // Member by member, as the caller has just written them: a wider load would wait until they are in the cache.
            ScatterGatherEntry* element = entry->List + i;
            places[i].Address = element->Address;
            places[i].Length = element->Length;
            places[i].LocalKey = element->LocalKey;
        }

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

        int slot = (int)_head & (_ids.Length - 1);
        id = _ids[slot];
        count = _counts[slot];
        ReadOnlySpan<ScatterGatherEntry> taken = _elements.AsSpan(slot * MaxElements, count);
        for (int i = 0; i < taken.Length; i++)
            elements[i] = taken[i];
        _head++;
        return true;
    }

    /// <summary>Looks at the oldest, where it has one element.</summary>
    internal bool TryPeekOne(out ulong id, out ScatterGatherEntry element)
    {
        int slot = (int)_head & (_ids.Length - 1);
        id = _ids[slot];
        element = default;
        if (_head == _tail || _counts[slot] != 1)
            return false;
        element = _elements[slot * MaxElements];
        return true;
    }

    /// <summary>Takes the one that was looked at.</summary>
    internal void RemoveOldest() => _head++;

    internal void Clear() => _head = _tail;

    /// <summary>False when more are posted than the new capacity holds.</summary>
    internal bool TryResize(int capacity)
    {
        int count = Count;
        if (count > capacity)
            return false;
        (ulong[] ids, int[] counts, ScatterGatherEntry[] elements) = MakePlaces(capacity, MaxElements);
        for (int i = 0; i < count; i++)
            TryTake(out ids[i], elements.AsSpan(i * MaxElements, MaxElements), out counts[i]);
        (_ids, _counts, _elements, Capacity) = (ids, counts, elements, capacity);
        (_head, _tail) = (0, (ulong)count);
        return true;
    }

    private static (ulong[] Ids, int[] Counts, ScatterGatherEntry[] Elements) MakePlaces(int capacity, int maxElements)
    {
        int places = (int)BitOperations.RoundUpToPowerOf2((uint)capacity);
        return (new ulong[places], new int[places], new ScatterGatherEntry[places * maxElements]);
    }
}
