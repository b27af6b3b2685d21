using System.Diagnostics;

namespace Scatterlist.Vfio;

/// <summary>
/// Free ranges in rising order, never touching each other: a treap in arrays, whose nodes know how much of their
/// subtree's best range is left once its start is aligned, for three alignments. So the lowest range that fits an
/// aligned request is found on one walk down, whatever the other ranges look like. Not thread-safe.
/// </summary>
internal sealed class GapTree
{
    private const int Nil = 0;

    private readonly ulong[] _alignments;
    private Node[] _nodes = new Node[16];
    private int _used = 1;
    private int _free = Nil;
    private int _root = Nil;
    private uint _random = 0x9e3779b9;

    /// <summary>Starts empty. The alignments are powers of two in rising order.</summary>
    internal GapTree(ulong small, ulong middle, ulong large)
    {
        _alignments = [small, middle, large];
    }

    /// <summary>How many ranges there are.</summary>
    internal int Count { get; private set; }

    /// <summary>The class of the smallest alignment that is at least <paramref name="alignment"/>; -1 for none.</summary>
    internal int ClassOf(ulong alignment)
    {
        for (int i = 0; i < _alignments.Length; i++)
        {
            if (_alignments[i] >= alignment)
                return i;
        }

        return -1;
    }

    /// <summary>The lowest aligned place where <paramref name="length"/> bytes are free.</summary>
    internal bool TryFind(ulong length, int alignmentClass, out ulong start)
    {
        int node = _root;
        start = 0;
        if (node == Nil || _nodes[node].Best[alignmentClass] < length)
            return false;
        while (true)
        {
            ref Node at = ref _nodes[node];
            if (at.Left != Nil && _nodes[at.Left].Best[alignmentClass] >= length)
            {
                node = at.Left;
            }
            else if (Usable(at.First, at.Last, alignmentClass) >= length)
            {
                start = AlignUp(at.First, _alignments[alignmentClass]);
                return true;
            }
            else
            {
                node = at.Right;
            }
        }
    }

    /// <summary>Takes bytes out. False, and nothing happens, unless all of them are free.</summary>
    internal bool TryTake(ulong first, ulong last)
    {
        int node = FindHolding(first);
        if (node == Nil || _nodes[node].Last < last)
            return false;
        ulong gapFirst = _nodes[node].First;
        ulong gapLast = _nodes[node].Last;
        if (gapFirst == first && gapLast == last)
        {
            Remove(first);
        }
        else if (gapFirst == first)
        {
            // The order among the ranges stays, so the node can keep its place.
            Change(gapFirst, last + 1, gapLast);
        }
        else
        {
            Change(gapFirst, gapFirst, first - 1);
            if (gapLast != last)
                Insert(last + 1, gapLast);
        }

        return true;
    }

    /// <summary>Gives bytes back, none of which is free; joins them with their neighbours.</summary>
    internal void Give(ulong first, ulong last)
    {
        int below = first == 0 ? Nil : FindHolding(first - 1);
        int above = last == ulong.MaxValue ? Nil : FindHolding(last + 1);
        if (below != Nil && above != Nil)
        {
            ulong start = _nodes[below].First;
            ulong end = _nodes[above].Last;
            Remove(last + 1);
            Change(start, start, end);
        }
        else if (below != Nil)
        {
            Change(_nodes[below].First, _nodes[below].First, last);
        }
        else if (above != Nil)
        {
            Change(last + 1, first, _nodes[above].Last);
        }
        else
        {
            Insert(first, last);
        }
    }

    /// <summary>The ranges in rising order, for tests.</summary>
    internal List<(ulong First, ulong Last)> ToList()
    {
        var list = new List<(ulong, ulong)>();
        Walk(_root, list);
        return list;
    }

    private static ulong AlignUp(ulong value, ulong alignment) => (value + alignment - 1) & ~(alignment - 1);

    private void Walk(int node, List<(ulong, ulong)> list)
    {
        if (node == Nil)
            return;
        Walk(_nodes[node].Left, list);
        list.Add((_nodes[node].First, _nodes[node].Last));
        Walk(_nodes[node].Right, list);
    }

    /// <summary>Bytes from the first aligned address of a range to its end; 0 when there is none.</summary>
    private ulong Usable(ulong first, ulong last, int alignmentClass)
    {
        ulong start = AlignUp(first, _alignments[alignmentClass]);
        if (start < first || start > last)
            return 0;
        return last - start == ulong.MaxValue ? ulong.MaxValue : last - start + 1;
    }

    private int FindHolding(ulong address)
    {
        int node = _root;
        while (node != Nil)
        {
            ref Node at = ref _nodes[node];
            if (address < at.First)
                node = at.Left;
            else if (address > at.Last)
                node = at.Right;
            else
                return node;
        }

        return Nil;
    }

    /// <summary>Gives the range that starts at <paramref name="key"/> other ends, on the walk down and up.</summary>
    private void Change(ulong key, ulong first, ulong last) => Change(_root, key, first, last);

    private void Change(int node, ulong key, ulong first, ulong last)
    {
        Debug.Assert(node != Nil);
        ref Node at = ref _nodes[node];
        if (key < at.First)
        {
            Change(at.Left, key, first, last);
        }
        else if (key > at.First)
        {
            Change(at.Right, key, first, last);
        }
        else
        {
            at.First = first;
            at.Last = last;
        }

        Update(node);
    }

    private void Insert(ulong first, ulong last)
    {
        int node = _free;
        if (node != Nil)
        {
            _free = _nodes[node].Left;
        }
        else
        {
            if (_used == _nodes.Length)
                Array.Resize(ref _nodes, _nodes.Length * 2);
            node = _used++;
        }

        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        _nodes[node] = new Node { First = first, Last = last, Priority = _random };
        Update(node);
        Split(_root, first, out int less, out int more);
        _root = Merge(Merge(less, node), more);
        Count++;
    }

    private void Remove(ulong first)
    {
        Split(_root, first, out int less, out int rest);
        Split(rest, first + 1, out int node, out int more);
        Debug.Assert(node != Nil && _nodes[node].Left == Nil && _nodes[node].Right == Nil);
        _root = Merge(less, more);
        _nodes[node].Left = _free;
        _free = node;
        Count--;
    }

    /// <summary>Parts a subtree into ranges that start below <paramref name="key"/> and the others.</summary>
    private void Split(int node, ulong key, out int less, out int more)
    {
        if (node == Nil)
        {
            less = more = Nil;
        }
        else if (_nodes[node].First < key)
        {
            Split(_nodes[node].Right, key, out int middle, out more);
            _nodes[node].Right = middle;
            less = node;
            Update(node);
        }
        else
        {
            Split(_nodes[node].Left, key, out less, out int middle);
            _nodes[node].Left = middle;
            more = node;
            Update(node);
        }
    }

    private int Merge(int less, int more)
    {
        if (less == Nil || more == Nil)
            return less == Nil ? more : less;
        if (_nodes[less].Priority > _nodes[more].Priority)
        {
            _nodes[less].Right = Merge(_nodes[less].Right, more);
            Update(less);
            return less;
        }

        _nodes[more].Left = Merge(less, _nodes[more].Left);
        Update(more);
        return more;
    }

    private void Update(int node)
    {
        ref Node at = ref _nodes[node];
        for (int i = 0; i < Bests.Count; i++)
        {
            ulong best = Usable(at.First, at.Last, i);
            if (at.Left != Nil)
                best = Math.Max(best, _nodes[at.Left].Best[i]);
            if (at.Right != Nil)
                best = Math.Max(best, _nodes[at.Right].Best[i]);
            at.Best[i] = best;
        }
    }

    [System.Runtime.CompilerServices.InlineArray(Count)]
    private struct Bests
    {
        internal const int Count = 3;
        private ulong _first;
    }

    private struct Node
    {
        internal ulong First;
        internal ulong Last;
        internal Bests Best;
        internal uint Priority;
        internal int Left;
        internal int Right;
    }
}
