namespace Scatterlist.Verbs;

/// <summary>Completions that a program has not polled yet, in their order. Used under the queue's lock.</summary>
internal sealed class CompletionStore
{
    private WorkCompletion[] _items = [];
    private int _first;

    internal int Count { get; private set; }

    internal void Add(in WorkCompletion completion)
    {
        if (Count == _items.Length)
            Grow();
        _items[(_first + Count) & (_items.Length - 1)] = completion;
        Count++;
    }

    /// <summary>Takes the oldest ones.</summary>
    internal int Take(Span<WorkCompletion> destination)
    {
        int count = Math.Min(Count, destination.Length);
        for (int i = 0; i < count; i++)
            destination[i] = _items[(_first + i) & (_items.Length - 1)];
        if (count != 0)
            _first = (_first + count) & (_items.Length - 1);
        Count -= count;
        return count;
    }

    private void Grow()
    {
        var larger = new WorkCompletion[Math.Max(16, _items.Length * 2)]; // a power of two
        for (int i = 0; i < Count; i++)
            larger[i] = _items[(_first + i) & (_items.Length - 1)];
        _items = larger;
        _first = 0;
    }
}
