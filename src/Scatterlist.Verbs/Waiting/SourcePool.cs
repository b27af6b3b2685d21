namespace Scatterlist.Verbs.Waiting;

/// <summary>A bounded pool of objects that link themselves.</summary>
internal sealed class SourcePool<T>
    where T : class, IPooled<T>, new()
{
    private const int MaxPooled = 1024;

    private readonly Lock _lock = new();
    private T? _first;
    private int _count;

    internal T Rent()
    {
        lock (_lock)
        {
            if (_first is not { } item)
                return new T();
            _first = item.NextPooled;
            item.NextPooled = null;
            _count--;
            return item;
        }
    }

    internal void Return(T item)
    {
        lock (_lock)
        {
            if (_count >= MaxPooled)
                return;
            item.NextPooled = _first;
            _first = item;
            _count++;
        }
    }
}
