using System.Runtime.CompilerServices;
using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>
/// Posting (ibv_post_send(3), ibv_post_recv(3)). Posts return a status, allocate nothing, and copy what they need of the
/// request; the bytes themselves are the device's until the completion.
/// </summary>
/// <remarks>
/// What every post returns: <see cref="Errno.None"/>; ENOMEM: the queue is full, poll and post again; EINVAL: the state,
/// an option or a length does not allow it; EFAULT: an element's region is disposed or of another domain (or, for inline
/// data, not the processor's to read); EBADF: the queue pair or the path is disposed.
/// </remarks>
[SkipLocalsInit] // entries are written in whole, or as far as their count says
public sealed unsafe partial class QueuePair
{
    /// <summary>The largest id that a program may give to a request: 2^63 - 1.</summary>
    public const ulong MaxId = long.MaxValue;

    /// <summary>Posts a message to the peer.</summary>
    /// <param name="request">The message.</param>
    /// <param name="id">What the completion carries, at most <see cref="MaxId"/>.</param>
    /// <returns>None, ENOMEM, EINVAL, EFAULT or EBADF; see the remarks on the class part.</returns>
    public Errno PostSend(in SendWorkRequest request, ulong id) =>
        id > MaxId ? Errno.EINVAL : Send(request, id, SendFlags.None);

    /// <summary>Posts room for a message of the peer.</summary>
    /// <param name="request">The room.</param>
    /// <param name="id">What the completion carries, at most <see cref="MaxId"/>.</param>
    /// <inheritdoc cref="PostSend"/>
    public Errno PostReceive(in ReceiveWorkRequest request, ulong id) =>
        id > MaxId ? Errno.EINVAL : Receive(request, id);

    /// <summary>Posts a write into the peer's memory.</summary>
    /// <param name="request">The write.</param>
    /// <param name="id">What the completion carries, at most <see cref="MaxId"/>.</param>
    /// <inheritdoc cref="PostSend"/>
    public Errno PostWrite(in WriteWorkRequest request, ulong id) =>
        id > MaxId ? Errno.EINVAL : Write(request, id, SendFlags.None);

    /// <summary>Posts a read from the peer's memory.</summary>
    /// <param name="request">The read.</param>
    /// <param name="id">What the completion carries, at most <see cref="MaxId"/>.</param>
    /// <inheritdoc cref="PostSend"/>
    public Errno PostRead(in ReadWorkRequest request, ulong id) =>
        id > MaxId ? Errno.EINVAL : Read(request, id, SendFlags.None);

    /// <summary>Posts a compare-and-swap on the peer's memory.</summary>
    /// <param name="request">The operation.</param>
    /// <param name="id">What the completion carries, at most <see cref="MaxId"/>.</param>
    /// <inheritdoc cref="PostSend"/>
    public Errno PostCompareAndSwap(in CompareAndSwapWorkRequest request, ulong id) =>
        id > MaxId ? Errno.EINVAL : CompareAndSwap(request, id, SendFlags.None);

    /// <summary>Posts a fetch-and-add on the peer's memory.</summary>
    /// <param name="request">The operation.</param>
    /// <param name="id">What the completion carries, at most <see cref="MaxId"/>.</param>
    /// <inheritdoc cref="PostSend"/>
    public Errno PostFetchAndAdd(in FetchAndAddWorkRequest request, ulong id) =>
        id > MaxId ? Errno.EINVAL : FetchAndAdd(request, id, SendFlags.None);

    /// <summary>
    /// Posts a request of plain numbers. Nothing keeps the memory, and inline data are read from wherever the addresses
    /// point: the caller answers for both.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="id">What the completion carries, at most <see cref="MaxId"/>.</param>
    /// <inheritdoc cref="PostSend"/>
    public Errno PostSendUnsafe(in RawWorkRequest request, ulong id)
    {
        bool datagram = Type == QueuePairType.UnreliableDatagram;
        SendEntry entry;
        if (id > MaxId || !Allows(request.Opcode) || WorkEncoder.Encode(request, datagram, id, &entry) != Errno.None)
            return Errno.EINVAL;
        fixed (RawElement* list = request.Elements)
        {
            entry.List = (ScatterGatherEntry*)list;
            entry.ListLength = request.Elements.Length;
            return datagram ? PostDatagram(&entry, request.Destination.GetValueOrDefault()) : Ring(&entry);
        }
    }

    /// <summary>Posts room for a message as plain numbers. Nothing keeps the memory: the caller does.</summary>
    /// <param name="elements">The room.</param>
    /// <param name="id">What the completion carries, at most <see cref="MaxId"/>.</param>
    /// <inheritdoc cref="PostSend"/>
    public Errno PostReceiveUnsafe(ReadOnlySpan<RawElement> elements, ulong id)
    {
        if (id > MaxId)
            return Errno.EINVAL;
        fixed (RawElement* list = elements)
        {
            var entry = new ReceiveEntry { Id = id, List = (ScatterGatherEntry*)list, ListLength = elements.Length };
            return Ring(&entry, 1, out _);
        }
    }

    /// <summary>Starts a batch of sends, writes, reads and atomic operations.</summary>
    /// <param name="slots">Its memory, best from the stack: one slot a request with two elements.</param>
    public PostBatch BeginBatch(Span<BatchSlot> slots) => new(this, slots);

    /// <summary>Starts a batch of receives.</summary>
    /// <param name="slots">Its memory, best from the stack: one slot holds about three receives.</param>
    /// <exception cref="InvalidOperationException">The queue pair takes its receives from a shared queue.</exception>
    public ReceiveBatch BeginReceiveBatch(Span<BatchSlot> slots) => SharedReceiveQueue is null
        ? new ReceiveBatch(this, null, _capabilities.MaxReceiveElements, slots)
        : throw new InvalidOperationException("The queue pair takes its receives from a shared queue: post there.");

    // Drivers do not look: rdma-core's rxe takes a write on a datagram queue pair for a message, and its address for the
    // address handle's.

    /// <summary>Whether writes to the peer's memory are for this type of queue pair.</summary>
    internal bool HasWrites => Type != QueuePairType.UnreliableDatagram;

    /// <summary>Whether reads and atomic operations are.</summary>
    internal bool HasReads => Type is not (QueuePairType.UnreliableDatagram or QueuePairType.UnreliableConnected);

    internal Errno Send(in SendWorkRequest request, ulong id, SendFlags added)
    {
        ScatterGatherEntry piece;
        if (request.IsPlain && request.Parts.TryFillSmall(Domain, _provider.SmallBytes, &piece)
            && _provider.TrySendSmall(id, request.Flags | added, piece))
        {
            return Errno.None;
        }

        bool datagram = Type == QueuePairType.UnreliableDatagram;
        SendEntry entry;
        if (WorkEncoder.Encode(request, datagram, id, &entry) != Errno.None)
            return Errno.EINVAL;
        entry.Flags |= (uint)added;
        return datagram
            ? Post(&entry, request.Parts, ulong.MaxValue, request.Destination)
            : Post(&entry, request.Parts, ulong.MaxValue, null);
    }

    internal Errno Write(in WriteWorkRequest request, ulong id, SendFlags added)
    {
        if (!HasWrites)
            return Errno.EINVAL;
        SendEntry entry;
        WorkEncoder.Encode(request, id, &entry);
        entry.Flags |= (uint)added;
        return Post(&entry, request.Parts, request.Target.Length, null);
    }

    internal Errno Read(in ReadWorkRequest request, ulong id, SendFlags added)
    {
        if (!HasReads)
            return Errno.EINVAL;
        SendEntry entry;
        WorkEncoder.Encode(request, id, &entry);
        entry.Flags |= (uint)added;
        return Post(&entry, request.Parts, request.Source.Length, null);
    }

    internal Errno CompareAndSwap(in CompareAndSwapWorkRequest request, ulong id, SendFlags added)
    {
        SendEntry entry;
        WorkEncoder.Encode(request, id, &entry);
        entry.Flags |= (uint)added;
        return PostAtomic(&entry, request.Parts, request.Target.Length);
    }

    internal Errno FetchAndAdd(in FetchAndAddWorkRequest request, ulong id, SendFlags added)
    {
        SendEntry entry;
        WorkEncoder.Encode(request, id, &entry);
        entry.Flags |= (uint)added;
        return PostAtomic(&entry, request.Parts, request.Target.Length);
    }

    internal Errno Receive(in ReceiveWorkRequest request, ulong id)
    {
        int count = request.Parts.Count;
        if (count > _capabilities.MaxReceiveElements || SharedReceiveQueue is not null)
            return Errno.EINVAL;
        ScatterGatherEntry* list = stackalloc ScatterGatherEntry[count];
        Errno errno = request.Parts.Fill(Domain, list, out int written, out _);
        if (errno != Errno.None)
            return errno;
        var entry = new ReceiveEntry { Id = id, List = list, ListLength = written };
        return Ring(&entry, 1, out _);
    }

    internal Errno Ring(SendEntry* entries, int count, out int posted)
    {
        posted = 0;
        if (_provider.GuardsPosts)
            return _provider.IsDisposed ? Errno.EBADF : _provider.PostSend(entries, count, out posted);
        if (!_provider.TryEnter())
            return Errno.EBADF;
        try
        {
            return _provider.PostSend(entries, count, out posted);
        }
        finally
        {
            _provider.Exit();
        }
    }

    internal Errno Ring(ReceiveEntry* entries, int count, out int posted)
    {
        posted = 0;
        if (_provider.GuardsPosts)
            return _provider.IsDisposed ? Errno.EBADF : _provider.PostReceive(entries, count, out posted);
        if (!_provider.TryEnter())
            return Errno.EBADF;
        try
        {
            return _provider.PostReceive(entries, count, out posted);
        }
        finally
        {
            _provider.Exit();
        }
    }

    private bool Allows(WorkRequestOpcode opcode) => opcode switch
    {
        WorkRequestOpcode.RdmaWrite or WorkRequestOpcode.RdmaWriteWithImmediate => HasWrites,
        WorkRequestOpcode.RdmaRead or WorkRequestOpcode.CompareAndSwap or WorkRequestOpcode.FetchAndAdd => HasReads,
        _ => true,
    };

    private Errno Ring(SendEntry* entry) => Ring(entry, 1, out _);

    private Errno PostAtomic(SendEntry* entry, in PartList parts, ulong targetLength)
    {
        ScatterGatherEntry result;
        if (!HasReads || parts.Count != 1 || targetLength < sizeof(ulong))
            return Errno.EINVAL;
        Errno errno = parts.Fill(Domain, &result, out int written, out ulong total);
        if (errno != Errno.None)
            return errno;
        if (total != sizeof(ulong))
            return Errno.EINVAL;
        entry->List = &result;
        entry->ListLength = written;
        return Ring(entry);
    }

    private Errno Post(SendEntry* entry, in PartList parts, ulong limit, in DatagramDestination? destination)
    {
        int count = parts.Count;
        if (count > _capabilities.MaxSendElements)
            return Errno.EINVAL;
        if (count > 1)
            return PostMany(entry, parts, limit, destination);
        ScatterGatherEntry single;
        return PostList(entry, parts, &single, limit, destination);
    }

    private Errno PostMany(SendEntry* entry, in PartList parts, ulong limit, in DatagramDestination? destination)
    {
        ScatterGatherEntry* list = stackalloc ScatterGatherEntry[parts.Count];
        return PostList(entry, parts, list, limit, destination);
    }

    private Errno PostList(
        SendEntry* entry, in PartList parts, ScatterGatherEntry* list, ulong limit, in DatagramDestination? destination)
    {
        Errno errno = parts.Fill(Domain, list, out int written, out ulong total);
        if (errno != Errno.None)
            return errno;
        if (total > limit)
            return Errno.EINVAL;
        entry->List = list;
        entry->ListLength = written;
        if ((entry->Flags & (uint)SendFlags.Inline) != 0)
            return PostInline(entry, parts, total, destination);
        return destination.HasValue ? PostDatagram(entry, destination.GetValueOrDefault()) : Ring(entry);
    }

    private Errno PostInline(SendEntry* entry, in PartList parts, ulong total, in DatagramDestination? destination)
    {
        if (total > (ulong)_capabilities.MaxInlineBytes)
            return Errno.EINVAL;
        Errno errno;
        if (_provider.GuardsPosts && !destination.HasValue && parts.AreAddressable())
        {
            entry->Flags |= ProviderQueuePair.InlineByKey;
            errno = Ring(entry);
            if (errno != Errno.EFAULT)
                return errno;
            entry->Flags &= ~ProviderQueuePair.InlineByKey; // the key was made void, which inline data do not mind
        }

        errno = parts.HoldForInline(entry->List);
        if (errno != Errno.None)
            return errno;
        try
        {
            return destination.HasValue ? PostDatagram(entry, destination.GetValueOrDefault()) : Ring(entry);
        }
        finally
        {
            parts.ReleaseInline();
        }
    }

    private Errno PostDatagram(SendEntry* entry, in DatagramDestination destination)
    {
        AddressHandle path = destination.Path;
        if (path is null || !ReferenceEquals(path.Domain, Domain))
            return Errno.EFAULT;
        if (!path.Provider.TryHold())
            return Errno.EBADF;
        try
        {
            WorkEncoder.SetDestination(entry, destination);
            return Ring(entry);
        }
        finally
        {
            path.Provider.DangerousRelease();
        }
    }
}
