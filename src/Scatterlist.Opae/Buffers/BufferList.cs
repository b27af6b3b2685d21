using System.Diagnostics.CodeAnalysis;

namespace Scatterlist.Opae;

/// <summary>
/// The live buffers of an accelerator, linked by themselves, and the numbers of those that somebody asked for one. So a
/// buffer that is prepared and released allocates nothing here. Parts of pools are counted by their pool. Thread-safe.
/// </summary>
internal sealed class BufferList
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, SharedBuffer> _numbered = [];
    private readonly List<SharedBufferPool> _pools = [];
    private SharedBuffer? _first;
    private int _count;
    private bool _isClosed;

    internal int Count
    {
        get
        {
            lock (_gate)
                return _count + _pools.Where(pool => pool.IsShared).Sum(pool => pool.RentedCount);
        }
    }

    /// <summary>False, and nothing happens, once the list is closed.</summary>
    internal bool TryAdd(SharedBuffer buffer)
    {
        lock (_gate)
        {
            if (_isClosed)
                return false;
            if (_first is { } first)
                first.Previous = buffer;
            buffer.Next = _first;
            _first = buffer;
            _count++;
            return true;
        }
    }

    /// <summary>Takes out a buffer, and its number. One that is not in the list is left alone.</summary>
    internal void Remove(SharedBuffer buffer)
    {
        lock (_gate)
        {
            if (buffer.Number != 0)
                _numbered.Remove(buffer.Number);
            if (buffer.Previous is null && _first != buffer)
                return;
            if (buffer.Previous is { } previous)
                previous.Next = buffer.Next;
            else
                _first = buffer.Next;
            if (buffer.Next is { } next)
                next.Previous = buffer.Previous;
            buffer.Next = buffer.Previous = null;
            _count--;
        }
    }

    internal void Add(SharedBufferPool pool)
    {
        lock (_gate)
            _pools.Add(pool);
    }

    internal void Remove(SharedBufferPool pool)
    {
        lock (_gate)
            _pools.Remove(pool);
    }

    /// <summary>A buffer's number, which it is found by while it lives.</summary>
    internal ulong NumberOf(SharedBuffer buffer)
    {
        lock (_gate)
        {
            if (buffer.Number == 0)
            {
                Volatile.Write(ref buffer.Number, WorkspaceId.Next().Value);
                Interlocked.MemoryBarrier(); // a release either sees the number, or is seen here
                if (!buffer.IsReleased)
                    _numbered.Add(buffer.Number, buffer);
            }

            return buffer.Number;
        }
    }

    internal bool TryGet(WorkspaceId id, [NotNullWhen(true)] out SharedBuffer? buffer)
    {
        lock (_gate)
            return _numbered.TryGetValue(id.Value, out buffer) && !buffer.IsDisposed;
    }

    /// <summary>Finds a buffer for whoever releases it: one caller gets it.</summary>
    internal bool TryTake(WorkspaceId id, [NotNullWhen(true)] out SharedBuffer? buffer)
    {
        lock (_gate)
            return _numbered.Remove(id.Value, out buffer) && !buffer.IsDisposed;
    }

    internal SharedBuffer[] ToArray()
    {
        lock (_gate)
        {
            var all = new SharedBuffer[_count];
            int i = 0;
            for (SharedBuffer? buffer = _first; buffer is not null; buffer = buffer.Next)
                all[i++] = buffer;
            return all;
        }
    }

    /// <summary>Takes no more buffers, and gives those that there are.</summary>
    internal SharedBuffer[] Close()
    {
        lock (_gate)
            _isClosed = true;
        return ToArray();
    }
}
