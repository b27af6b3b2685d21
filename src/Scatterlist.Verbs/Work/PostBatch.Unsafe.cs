using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>
/// Requests that are collected on the stack and posted together: the device is told once. Made by
/// <see cref="QueuePair.BeginBatch"/>. What was added and not posted is forgotten.
/// </summary>
/// <remarks>
/// Inline bytes are copied when they are added. Elements are checked when they are added; a region that is disposed
/// before the post makes the work fail, and nothing else. Datagrams of one batch take one path.
/// </remarks>
public unsafe ref struct PostBatch
{
    private readonly QueuePair _queuePair;
    private BatchRoom _room;
    private AddressHandle? _path;

    internal PostBatch(QueuePair queuePair, Span<BatchSlot> slots)
    {
        _queuePair = queuePair;
        _room = new BatchRoom(slots, sizeof(SendEntry));
    }

    /// <summary>Requests that wait for <see cref="Post(out int)"/>.</summary>
    public readonly int Count => _room.Count;

    /// <summary>Adds a message.</summary>
    /// <param name="request">The message.</param>
    /// <param name="id">What the completion carries, at most <see cref="QueuePair.MaxId"/>.</param>
    /// <returns>None; ENOBUFS: the batch is full, post it; or what <see cref="QueuePair.PostSend"/> says.</returns>
    public Errno Add(in SendWorkRequest request, ulong id)
    {
        SendEntry entry;
        if (WorkEncoder.Encode(request, _queuePair.Type == QueuePairType.UnreliableDatagram, id, &entry) != Errno.None)
            return Errno.EINVAL;
        if (request.Destination is { } destination)
        {
            if (destination.Path is null || !ReferenceEquals(destination.Path.Domain, _queuePair.Domain))
                return Errno.EFAULT;
            if (_path is not null && !ReferenceEquals(_path, destination.Path))
                return Errno.EINVAL;
            if (destination.Path.IsDisposed)
                return Errno.EBADF;
            WorkEncoder.SetDestination(&entry, destination);
            Errno errno = Add(&entry, request.Parts, ulong.MaxValue);
            if (errno == Errno.None)
                _path = destination.Path;
            return errno;
        }

        return Add(&entry, request.Parts, ulong.MaxValue);
    }

    /// <summary>Adds a write into the peer's memory.</summary>
    /// <param name="request">The write.</param>
    /// <param name="id">What the completion carries, at most <see cref="QueuePair.MaxId"/>.</param>
    /// <returns>As of <see cref="Add(in SendWorkRequest, ulong)"/>.</returns>
    public Errno Add(in WriteWorkRequest request, ulong id)
    {
        if (!_queuePair.HasWrites)
            return Errno.EINVAL;
        SendEntry entry;
        WorkEncoder.Encode(request, id, &entry);
        return Add(&entry, request.Parts, request.Target.Length);
    }

    /// <summary>Adds a read from the peer's memory.</summary>
    /// <param name="request">The read.</param>
    /// <param name="id">What the completion carries, at most <see cref="QueuePair.MaxId"/>.</param>
    /// <returns>As of <see cref="Add(in SendWorkRequest, ulong)"/>.</returns>
    public Errno Add(in ReadWorkRequest request, ulong id)
    {
        if (!_queuePair.HasReads)
            return Errno.EINVAL;
        SendEntry entry;
        WorkEncoder.Encode(request, id, &entry);
        return Add(&entry, request.Parts, request.Source.Length);
    }

    /// <summary>Adds a compare-and-swap on the peer's memory.</summary>
    /// <param name="request">The operation.</param>
    /// <param name="id">What the completion carries, at most <see cref="QueuePair.MaxId"/>.</param>
    /// <returns>As of <see cref="Add(in SendWorkRequest, ulong)"/>.</returns>
    public Errno Add(in CompareAndSwapWorkRequest request, ulong id)
    {
        SendEntry entry;
        WorkEncoder.Encode(request, id, &entry);
        return AddAtomic(&entry, request.Parts, request.Target.Length);
    }

    /// <summary>Adds a fetch-and-add on the peer's memory.</summary>
    /// <param name="request">The operation.</param>
    /// <param name="id">What the completion carries, at most <see cref="QueuePair.MaxId"/>.</param>
    /// <returns>As of <see cref="Add(in SendWorkRequest, ulong)"/>.</returns>
    public Errno Add(in FetchAndAddWorkRequest request, ulong id)
    {
        SendEntry entry;
        WorkEncoder.Encode(request, id, &entry);
        return AddAtomic(&entry, request.Parts, request.Target.Length);
    }

    /// <summary>Posts what was added, in its order, and empties the batch.</summary>
    /// <returns>As of <see cref="QueuePair.PostSend"/>, for the first request that was refused.</returns>
    public Errno Post() => Post(out _);

    /// <summary>Posts what was added, in its order, and empties the batch.</summary>
    /// <param name="posted">How many were posted: all of them without an error. The others are forgotten.</param>
    /// <returns>As of <see cref="QueuePair.PostSend"/>, for the first request that was refused.</returns>
    public Errno Post(out int posted)
    {
        posted = 0;
        int count = _room.Count;
        if (count == 0)
            return Errno.None;
        AddressHandle? path = _path;
        _path = null;
        if (path is not null && !path.Provider.TryHold())
        {
            _room.Clear();
            return Errno.EBADF;
        }

        try
        {
            fixed (byte* bytes = _room.Bytes)
            {
                var entries = (SendEntry*)bytes;
                for (int i = 0; i < count; i++)
                {
                    SendEntry* entry = entries + i;
                    entry->Next = i + 1 < count ? entry + 1 : null;
                    entry->List = (ScatterGatherEntry*)(bytes + (nint)entry->List);
                    if ((entry->Flags & (uint)SendFlags.Inline) != 0 && entry->ListLength != 0)
                        entry->List->Address += (ulong)bytes;
                }

                return _queuePair.Ring(entries, count, out posted);
            }
        }
        finally
        {
            path?.Provider.DangerousRelease();
            _room.Clear();
        }
    }

    private Errno AddAtomic(SendEntry* entry, in PartList parts, ulong targetLength)
    {
        if (!_queuePair.HasReads || parts.Count != 1 || targetLength < sizeof(ulong))
            return Errno.EINVAL;
        return Add(entry, parts, sizeof(ulong), sizeof(ulong));
    }

    private Errno Add(SendEntry* entry, in PartList parts, ulong most, ulong least = 0)
    {
        if (entry->Id > QueuePair.MaxId || parts.Count > _queuePair.Capabilities.MaxSendElements)
            return Errno.EINVAL;
        Errno errno = _room.Fill(parts, _queuePair.Domain, out int offset, out int written, out ulong total);
        if (errno != Errno.None)
            return errno;
        if (total > most || total < least)
            return Errno.EINVAL;
        entry->ListLength = written;
        if ((entry->Flags & (uint)SendFlags.Inline) != 0)
        {
            errno = CopyInline(entry, parts, offset, total, out offset);
            if (errno != Errno.None)
                return errno;
        }

        entry->List = (ScatterGatherEntry*)(nint)offset;
        fixed (byte* bytes = _room.Bytes)
            ((SendEntry*)bytes)[_room.Count] = *entry;
        _room.Take(offset);
        return Errno.None;
    }

    /// <summary>Copies the bytes into the batch, behind one element that names them.</summary>
    private readonly Errno CopyInline(SendEntry* entry, in PartList parts, int list, ulong total, out int offset)
    {
        offset = 0;
        if (total > (ulong)_queuePair.Capabilities.MaxInlineBytes)
            return Errno.EINVAL;
        int size = sizeof(ScatterGatherEntry) + (int)total;
        if (!_room.TryFind((parts.Count * sizeof(ScatterGatherEntry)) + size + 8, out _))
            return Errno.ENOBUFS;
        fixed (byte* bytes = _room.Bytes)
        {
            var source = (ScatterGatherEntry*)(bytes + list);
            Errno errno = parts.HoldForInline(source);
            if (errno != Errno.None)
                return errno;

            // Below the list that is read from; the list's own place is given up.
            int copy = (list - (int)total) & ~7;
            offset = copy - sizeof(ScatterGatherEntry);
            byte* next = bytes + copy;
            for (int i = 0; i < entry->ListLength; i++)
            {
                Buffer.MemoryCopy((void*)source[i].Address, next, source[i].Length, source[i].Length);
                next += source[i].Length;
            }

            parts.ReleaseInline();
            entry->ListLength = total == 0 ? 0 : 1;
            *(ScatterGatherEntry*)(bytes + offset) = new ScatterGatherEntry
            {
                Address = (ulong)copy, Length = (uint)total,
            };
            return Errno.None;
        }
    }
}
