using Scatterlist.HostFd;

namespace Scatterlist.Vfio;

/// <summary>
/// What a device model may reach of its client: ranges of I/O addresses, each with what is behind it and what may be
/// done with it. A hole or a missing permission is a fault, and a fault touches nothing.
/// </summary>
/// <remarks>
/// <para>Thread-safe. Lookups take O(log n) and allocate nothing. A range that is taken away is gone when the call that
/// does so returns: it waits for translations and copies that are under way.</para>
/// <para>Behind a range is memory of this process (an in-process client, or a memfd that was mapped), a file that its
/// owner may still cut short and that is therefore read and written by system calls, or a client that moves the bytes
/// over its socket. Only the first kind has addresses to translate to.</para>
/// </remarks>
public sealed partial class DmaTable
{
    /// <summary>The most ranges that one client may have.</summary>
    public const int MaxRanges = 65535;

    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = []; // by address, without overlap
    private int _fileCount;

    internal DmaTable()
    {
    }

    /// <summary>How many ranges there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>How many ranges are files that are read and written by system calls.</summary>
    internal int FileCount
    {
        get
        {
            lock (_lock)
                return _fileCount;
        }
    }

    /// <summary>The ranges in rising order.</summary>
    public IReadOnlyList<DmaRange> GetRanges()
    {
        lock (_lock)
            return [.. _entries.Select(entry => new DmaRange(new IoAddress(entry.First), entry.Length, entry.Access))];
    }

    /// <summary>Whether a device may do <paramref name="access"/> with all of a range.</summary>
    /// <returns>None; EFAULT for a hole or a missing permission; EINVAL for a range past the last address.</returns>
    public Errno Check(IoAddress address, ulong length, DmaAccess access)
    {
        lock (_lock)
            return Check(address.Value, length, access, out _, out _);
    }

    /// <summary>Finds the memory behind a range and holds it until the translation is released.</summary>
    /// <param name="address">Where it starts.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="access">What is to be done with it.</param>
    /// <param name="translation">Gets the memory; what it held before is released first.</param>
    /// <returns>
    /// None; EFAULT for a hole or a missing permission; EINVAL for a range past the last address; EOPNOTSUPP when some
    /// of it is not memory of this process: <see cref="Read"/>, <see cref="Write"/> and <see cref="Copy"/> reach it.
    /// </returns>
    public Errno Translate(IoAddress address, ulong length, DmaAccess access, DmaTranslation translation)
    {
        ArgumentNullException.ThrowIfNull(translation);
        translation.Release();
        lock (_lock)
        {
            Errno errno = Check(address.Value, length, access, out int index, out bool isDirect);
            if (errno != Errno.None)
                return errno;
            if (!isDirect)
                return Errno.EOPNOTSUPP;
            ulong at = address.Value;
            while (length != 0)
            {
                Entry entry = _entries[index++];
                ulong piece = Math.Min(length, entry.Last - at + 1);
                entry.Acquire();
                translation.Add(entry, entry.Memory.Slice((nuint)(at - entry.First), (nuint)piece));
                at += piece;
                length -= piece;
            }

            return Errno.None;
        }
    }

    /// <summary>Makes a range reachable.</summary>
    /// <returns>None; EEXIST for an overlap; EINVAL for no bytes or a wrap; ENOSPC at the limit.</returns>
    internal Errno Map(Entry entry)
    {
        if (entry.Length == 0 || entry.Length - 1 > ulong.MaxValue - entry.First)
            return Errno.EINVAL;
        lock (_lock)
        {
            if (_entries.Count == MaxRanges)
                return Errno.ENOSPC;
            int index = IndexOf(entry.First);
            if (index < 0)
                index = ~index;
            else
                return Errno.EEXIST;
            if (index < _entries.Count && _entries[index].First <= entry.Last)
                return Errno.EEXIST;
            _entries.Insert(index, entry);
            _fileCount += entry.File is null ? 0 : 1;
            return Errno.None;
        }
    }

    /// <summary>Whether a range could be mapped now, for those who would do costly work first.</summary>
    internal Errno CanMap(ulong first, ulong length)
    {
        if (length == 0 || length - 1 > ulong.MaxValue - first)
            return Errno.EINVAL;
        lock (_lock)
        {
            if (_entries.Count == MaxRanges)
                return Errno.ENOSPC;
            int index = IndexOf(first);
            if (index >= 0 || (~index < _entries.Count && _entries[~index].First <= first + (length - 1)))
                return Errno.EEXIST;
            return Errno.None;
        }
    }

    /// <summary>Takes exactly one range away, and returns when nobody uses it any more.</summary>
    /// <returns>None; ENOENT when nothing is there; EINVAL when it is not exactly one range.</returns>
    internal Errno Unmap(ulong first, ulong length)
    {
        Entry entry;
        lock (_lock)
        {
            int index = IndexOf(first);
            if (index < 0)
            {
                index = ~index;
                bool overlaps = length != 0 && index < _entries.Count
                    && _entries[index].First - first < length; // First >= first here
                return overlaps ? Errno.EINVAL : Errno.ENOENT;
            }

            entry = _entries[index];
            if (entry.First != first || entry.Length != length)
                return Errno.EINVAL;
            _entries.RemoveAt(index);
            _fileCount -= entry.File is null ? 0 : 1;
        }

        entry.Retire();
        return Errno.None;
    }

    /// <summary>Takes everything away.</summary>
    internal void UnmapAll()
    {
        Entry[] entries;
        lock (_lock)
        {
            entries = [.. _entries];
            _entries.Clear();
            _fileCount = 0;
        }

        foreach (Entry entry in entries)
            entry.Retire();
    }

    // Finds the first entry of a range too, and whether all of it is memory here. Under the lock.
    private Errno Check(ulong first, ulong length, DmaAccess access, out int index, out bool isDirect)
    {
        isDirect = true;
        index = 0;
        if (length == 0)
            return Errno.None;
        if (length - 1 > ulong.MaxValue - first)
            return Errno.EINVAL;
        index = IndexOf(first);
        if (index < 0)
            return Errno.EFAULT;
        ulong last = first + (length - 1);
        for (int i = index; ; i++)
        {
            Entry entry = _entries[i];
            if ((entry.Access & access) != access)
                return Errno.EFAULT;
            isDirect &= entry.IsDirect;
            if (entry.Last >= last)
                return Errno.None;
            if (i + 1 == _entries.Count || _entries[i + 1].First != entry.Last + 1)
                return Errno.EFAULT;
        }
    }

    /// <summary>The entry that holds an address, or the complement of the first one above it.</summary>
    private int IndexOf(ulong address)
    {
        int low = 0;
        int high = _entries.Count - 1;
        while (low <= high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            Entry entry = _entries[middle];
            if (address < entry.First)
                high = middle - 1;
            else if (address > entry.Last)
                low = middle + 1;
            else
                return middle;
        }

        return ~low;
    }

    /// <summary>One range and what is behind it.</summary>
    internal sealed class Entry
    {
        private readonly object _monitor = new();
        private readonly NativeHandle? _backing;
        private int _users = 1; // the table's own
        private volatile bool _retired;

        /// <param name="first">The lowest address.</param>
        /// <param name="length">Bytes.</param>
        /// <param name="access">What the device may do.</param>
        /// <param name="memory">Memory of this process, or empty.</param>
        /// <param name="backing">What is disposed when the range is taken away: a mapping, a file.</param>
        /// <param name="fileOffset">Where the range starts in the file that backs it.</param>
        /// <param name="remote">Who moves the bytes, or null.</param>
        internal Entry(
            ulong first, ulong length, DmaAccess access, Block memory = default, NativeHandle? backing = null,
            ulong fileOffset = 0, IRemoteMemory? remote = null)
        {
            First = first;
            Length = length;
            Access = access;
            Memory = memory;
            FileOffset = fileOffset;
            Remote = remote;
            _backing = backing;
        }

        internal ulong First { get; }

        internal ulong Length { get; }

        internal ulong Last => First + (Length - 1);

        internal DmaAccess Access { get; }

        internal Block Memory { get; }

        internal ulong FileOffset { get; }

        internal FileDescriptor? File => _backing as FileDescriptor;

        internal IRemoteMemory? Remote { get; }

        internal bool IsDirect => !Memory.IsEmpty;

        /// <summary>Under the table's lock, so that it is not retired.</summary>
        internal void Acquire() => Interlocked.Increment(ref _users);

        internal void Release()
        {
            if (Interlocked.Decrement(ref _users) == 0 && _retired)
            {
                lock (_monitor)
                    Monitor.PulseAll(_monitor);
            }
        }

        /// <summary>Waits until nobody uses it, and lets go of what is behind it.</summary>
        internal void Retire()
        {
            _retired = true;
            if (Interlocked.Decrement(ref _users) != 0)
            {
                lock (_monitor)
                {
                    while (Volatile.Read(ref _users) != 0)
                        Monitor.Wait(_monitor);
                }
            }

            _backing?.Dispose();
        }

        internal Errno Read(ulong address, Span<byte> destination)
        {
            if (Remote is { } remote)
                return remote.Read(address, destination);
            long offset = (long)(FileOffset + (address - First));
            IoResult result = HostIO.ReadFully(File!, destination, offset, out ulong done);
            return result.Errno != Errno.None ? result.Errno
                : done == (ulong)destination.Length ? Errno.None : Errno.EFAULT; // the file was cut short
        }

        internal Errno Write(ulong address, ReadOnlySpan<byte> source)
        {
            if (Remote is { } remote)
                return remote.Write(address, source);
            return HostIO.WriteFully(File!, source, (long)(FileOffset + (address - First)), out _).Errno;
        }
    }
}
