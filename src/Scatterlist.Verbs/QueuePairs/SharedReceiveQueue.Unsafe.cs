using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>Posting.</summary>
public sealed unsafe partial class SharedReceiveQueue
{
    /// <summary>Gives room for one message (ibv_post_srq_recv(3)).</summary>
    /// <param name="request">The room.</param>
    /// <param name="id">What the completion, in the taking queue pair's receive queue, carries; below 2^63.</param>
    /// <returns>None; ENOMEM: the queue is full; EINVAL: too many elements, or the id; EFAULT: an element's region is
    /// disposed or of another domain; EBADF: the queue is disposed.</returns>
    public Errno PostReceive(in ReceiveWorkRequest request, ulong id)
    {
        if (id > QueuePair.MaxId)
            return Errno.EINVAL;
        if (!_provider.TryEnter())
            return Errno.EBADF;
        try
        {
            int count = request.Parts.Count;
            if (count > _maxElements)
                return Errno.EINVAL;
            ScatterGatherEntry* list = stackalloc ScatterGatherEntry[count];
            Errno errno = request.Parts.Fill(Domain, list, out int written, out _);
            if (errno != Errno.None)
                return errno;
            var entry = new ReceiveEntry { Id = id, List = list, ListLength = written };
            return _provider.PostReceive(&entry, 1, out _);
        }
        finally
        {
            _provider.Exit();
        }
    }

    /// <summary>As <see cref="PostReceive(in ReceiveWorkRequest, ulong)"/>, of plain numbers that nothing checks but the
    /// device.</summary>
    public Errno PostReceiveUnsafe(ReadOnlySpan<RawElement> elements, ulong id)
    {
        if (id > QueuePair.MaxId)
            return Errno.EINVAL;
        if (!_provider.TryEnter())
            return Errno.EBADF;
        try
        {
            fixed (RawElement* list = elements)
            {
                var entry = new ReceiveEntry
                {
                    Id = id, List = (ScatterGatherEntry*)list, ListLength = elements.Length,
                };
                return _provider.PostReceive(&entry, 1, out _);
            }
        }
        finally
        {
            _provider.Exit();
        }
    }

    /// <summary>Starts a batch of receives.</summary>
    /// <param name="slots">Its memory, best from the stack: one slot holds about three receives.</param>
    public ReceiveBatch BeginReceiveBatch(Span<BatchSlot> slots) => new(null, this, _maxElements, slots);

    internal Errno Ring(ReceiveEntry* entries, int count, out int posted)
    {
        posted = 0;
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
}
