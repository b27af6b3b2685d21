using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs;

/// <summary>
/// Receives that are collected on the stack and posted together, to a queue pair or to a shared receive queue. Made by
/// <see cref="QueuePair.BeginReceiveBatch"/> and <see cref="SharedReceiveQueue.BeginReceiveBatch"/>. What was added and
/// not posted is forgotten.
/// </summary>
public unsafe ref struct ReceiveBatch
{
    private readonly QueuePair? _queuePair;
    private readonly SharedReceiveQueue? _shared;
    private readonly int _maxElements;
    private BatchRoom _room;

    internal ReceiveBatch(
        QueuePair? queuePair, SharedReceiveQueue? shared, int maxElements, Span<BatchSlot> slots)
    {
        _queuePair = queuePair;
        _shared = shared;
        _maxElements = maxElements;
        _room = new BatchRoom(slots, sizeof(ReceiveEntry));
    }

    /// <summary>Receives that wait for <see cref="Post(out int)"/>.</summary>
    public readonly int Count => _room.Count;

    /// <summary>Adds room for one message.</summary>
    /// <param name="request">The room.</param>
    /// <param name="id">What the completion carries, at most <see cref="QueuePair.MaxId"/>.</param>
    /// <returns>None; ENOBUFS: the batch is full, post it; or what <see cref="QueuePair.PostReceive"/> says.</returns>
    public Errno Add(in ReceiveWorkRequest request, ulong id)
    {
        if (id > QueuePair.MaxId || request.Parts.Count > _maxElements)
            return Errno.EINVAL;
        ProtectionDomain domain = _queuePair?.Domain ?? _shared!.Domain;
        Errno errno = _room.Fill(request.Parts, domain, out int offset, out int written, out _);
        if (errno != Errno.None)
            return errno;
        fixed (byte* bytes = _room.Bytes)
        {
            ((ReceiveEntry*)bytes)[_room.Count] = new ReceiveEntry
            {
                Id = id, List = (ScatterGatherEntry*)(nint)offset, ListLength = written,
            };
        }

        _room.Take(offset);
        return Errno.None;
    }

    /// <summary>Posts what was added, in its order, and empties the batch.</summary>
    /// <returns>As of <see cref="QueuePair.PostReceive"/>, for the first receive that was refused.</returns>
    public Errno Post() => Post(out _);

    /// <summary>Posts what was added, in its order, and empties the batch.</summary>
    /// <param name="posted">How many were posted: all of them without an error. The others are forgotten.</param>
    /// <returns>As of <see cref="QueuePair.PostReceive"/>, for the first receive that was refused.</returns>
    public Errno Post(out int posted)
    {
        posted = 0;
        int count = _room.Count;
        if (count == 0)
            return Errno.None;
        fixed (byte* bytes = _room.Bytes)
        {
            var entries = (ReceiveEntry*)bytes;
            for (int i = 0; i < count; i++)
            {
                entries[i].Next = i + 1 < count ? entries + i + 1 : null;
                entries[i].List = (ScatterGatherEntry*)(bytes + (nint)entries[i].List);
            }

            _room.Clear();
            return _queuePair is not null
                ? _queuePair.Ring(entries, count, out posted)
                : _shared!.Ring(entries, count, out posted);
        }
    }
}
