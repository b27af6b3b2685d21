namespace Scatterlist.Vfio;

/// <summary>
/// Gives out I/O addresses: the lowest free ones, so that devices with narrow masks find theirs, aligned to the page
/// size that the length allows, and never 0, which many engines take for "none". Every step takes O(log n), whatever
/// was given out before. Thread-safe; the lock is held for the walk only.
/// </summary>
public sealed class IoAddressAllocator
{
    private readonly Lock _lock = new();
    private readonly GapTree _gaps;
    private readonly Dictionary<ulong, ulong> _taken = []; // start -> length
    private readonly ulong _granule;
    private readonly ulong _middle;
    private readonly ulong _large;

    /// <summary>Starts with all of <paramref name="ranges"/> free, less address 0.</summary>
    /// <param name="ranges">What may be given out, in any order, without overlap.</param>
    /// <param name="granule">The unit of lengths and addresses in bytes, a power of two.</param>
    /// <param name="middleAlignment">The alignment of requests of at least that many bytes.</param>
    /// <param name="largeAlignment">The same, for bigger ones.</param>
    /// <exception cref="ArgumentException">Ranges overlap, or alignments are no powers of two that rise.</exception>
    public IoAddressAllocator(
        IEnumerable<IoAddressRange> ranges, ulong granule = 4096, ulong middleAlignment = 2ul << 20,
        ulong largeAlignment = 1ul << 30)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        if (!ulong.IsPow2(granule) || !ulong.IsPow2(middleAlignment) || !ulong.IsPow2(largeAlignment))
            throw new ArgumentException("Alignments are powers of two.", nameof(granule));
        _granule = granule;
        _middle = Math.Max(middleAlignment, granule);
        _large = Math.Max(largeAlignment, _middle);
        _gaps = new GapTree(_granule, _middle, _large);
        ulong previous = 0;
        bool any = false;
        foreach (IoAddressRange range in ranges.OrderBy(range => range.First.Value))
        {
            if (range.First > range.Last || (any && range.First.Value <= previous))
                throw new ArgumentException($"{range} is upside down or overlaps another.", nameof(ranges));
            any = true;
            previous = range.Last.Value;
            ulong first = Math.Max(range.First.Value, 1);
            if (first > ulong.MaxValue - (granule - 1))
                continue;
            first = (first + granule - 1) & ~(granule - 1);
            ulong end = range.Last.Value == ulong.MaxValue
                ? ulong.MaxValue & ~(granule - 1) // the last granule is left out: its end would not be a number
                : (range.Last.Value + 1) & ~(granule - 1);
            if (end > first)
                _gaps.Give(first, end - 1);
        }
    }

    /// <summary>How many pieces are given out.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _taken.Count;
        }
    }

    /// <summary>Gives out the lowest free addresses.</summary>
    /// <param name="length">Bytes, a multiple of the granule, at least one.</param>
    /// <param name="highest">The highest address that the piece may have, or null.</param>
    /// <param name="address">The first address.</param>
    /// <returns>None; ENOSPC when there is no such gap; EINVAL for a bad length.</returns>
    public Errno TryAllocate(ulong length, IoAddress? highest, out IoAddress address) =>
        TryAllocate(length, highest, _granule, out address);

    /// <summary>Like the other one, with an alignment that has to be kept.</summary>
    internal Errno TryAllocate(ulong length, IoAddress? highest, ulong leastAlignment, out IoAddress address)
    {
        address = default;
        if (length == 0 || (length & (_granule - 1)) != 0)
            return Errno.EINVAL;
        ulong alignment = Math.Max(
            length >= _large ? _large : length >= _middle ? _middle : _granule, leastAlignment);
        lock (_lock)
        {
            // Alignment is for the sake of big pages: where only an unaligned gap is left, that one serves.
            while (true)
            {
                if (_gaps.TryFind(length, _gaps.ClassOf(alignment), out ulong start)
                    && (highest is not { } limit || (start <= limit.Value && length - 1 <= limit.Value - start)))
                {
                    _ = _gaps.TryTake(start, start + (length - 1));
                    _taken.Add(start, length);
                    address = new IoAddress(start);
                    return Errno.None;
                }

                if (alignment <= leastAlignment)
                    return Errno.ENOSPC;
                alignment = Math.Max(alignment > _middle ? _middle : _granule, leastAlignment);
            }
        }
    }

    /// <summary>Takes stated addresses.</summary>
    /// <returns>
    /// None; EEXIST when some are given out; EINVAL when some are outside of the ranges, or a number is no multiple of
    /// the granule.
    /// </returns>
    public Errno TryReserve(IoAddress address, ulong length)
    {
        ulong start = address.Value;
        if (length == 0 || ((length | start) & (_granule - 1)) != 0 || length - 1 > ulong.MaxValue - start)
            return Errno.EINVAL;
        lock (_lock)
        {
            if (_gaps.TryTake(start, start + (length - 1)))
            {
                _taken.Add(start, length);
                return Errno.None;
            }

            return IsManaged(start, length) ? Errno.EEXIST : Errno.EINVAL;
        }
    }

    /// <summary>Takes a piece back.</summary>
    /// <returns>False when no piece starts there; nothing changes then.</returns>
    public bool Free(IoAddress address)
    {
        lock (_lock)
        {
            if (!_taken.Remove(address.Value, out ulong length))
                return false;
            _gaps.Give(address.Value, address.Value + (length - 1));
            return true;
        }
    }

    internal List<(ulong First, ulong Last)> GetGaps()
    {
        lock (_lock)
            return _gaps.ToList();
    }

    // The slow way, for an error's sake: are all addresses either free or given out?
    private bool IsManaged(ulong start, ulong length)
    {
        ulong last = start + (length - 1);
        IEnumerable<(ulong First, ulong Last)> known = _gaps.ToList()
            .Concat(_taken.Select(pair => (pair.Key, pair.Key + (pair.Value - 1))))
            .OrderBy(piece => piece.Item1);
        ulong next = start;
        foreach ((ulong first, ulong end) in known)
        {
            if (end < next)
                continue;
            if (first > next)
                return false;
            if (end >= last)
                return true;
            next = end + 1;
        }

        return false;
    }
}
