namespace Scatterlist.Opae;

/// <summary>
/// A few released pages, for the next buffers of one page: mapping, clearing and unmapping a page costs the kernel more
/// than sharing it. A page comes here only when the device has lost it and nobody else ever knew it; it is cleared when
/// it is taken. Thread-safe; the lock is held for neither the clearing nor the kernel.
/// </summary>
internal sealed class KeptPages : IDisposable
{
    private readonly HostBuffer[] _pages = new HostBuffer[16];
    private readonly Lock _gate = new();
    private int _count;
    private bool _isClosed;

    /// <summary>A zeroed buffer of so many bytes; null when there is none.</summary>
    internal HostBuffer? TryTake(nuint length)
    {
        if (length != HostBuffer.BasePageSize || Volatile.Read(ref _count) == 0)
            return null;
        HostBuffer page;
        lock (_gate)
        {
            if (_count == 0)
                return null;
            page = _pages[--_count];
        }

        page.Zero();
        return page;
    }

    /// <summary>Keeps a buffer; false when it is of another kind, or there are enough.</summary>
    internal bool TryKeep(HostBuffer page)
    {
        nuint size = HostBuffer.BasePageSize;
        if (page.Length != size || page.AllocatedLength != size || page.Descriptor is not null)
            return false;
        lock (_gate)
        {
            if (_isClosed || _count == _pages.Length)
                return false;
            _pages[_count++] = page;
            return true;
        }
    }

    /// <summary>Gives the pages back, and those that come later are not kept.</summary>
    public void Dispose()
    {
        HostBuffer[] pages;
        lock (_gate)
        {
            _isClosed = true;
            pages = _pages[.._count];
            _count = 0;
        }

        foreach (HostBuffer page in pages)
            page.Dispose();
    }
}
