using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs.Waiting;

/// <summary>
/// The work of one completion queue that somebody waits for, by the ids that completions bring back: the top bit, a
/// generation, and a place. Every entry holds its queue pair's native object. Used under the queue's lock.
/// </summary>
internal sealed class WorkTable
{
    /// <summary>The bit that programs' own ids do not have.</summary>
    internal const ulong IdBit = 1ul << 63;

    private const uint GenerationMask = 0x7fffffff;

    private Entry[] _entries = new Entry[16];
    private int _free = -1;
    private int _used;

    /// <summary>Entries that wait.</summary>
    internal int Count { get; private set; }

    /// <summary>Adds an entry; the caller has taken a reference on the queue pair for it.</summary>
    internal ulong Add(TrackedWork work, int tag, ProviderQueuePair queuePair)
    {
        int index = _free;
        if (index >= 0)
        {
            _free = _entries[index].NextFree;
        }
        else
        {
            if (_used == _entries.Length)
                Array.Resize(ref _entries, _used * 2);
            index = _used++;
        }

        ref Entry entry = ref _entries[index];
        entry.Work = work;
        entry.Tag = tag;
        entry.QueuePair = queuePair;
        Count++;
        return IdBit | ((ulong)(entry.Generation & GenerationMask) << 32) | (uint)index;
    }

    /// <summary>Takes an entry out. False when it is not there any more.</summary>
    internal bool TryRemove(ulong id, out TrackedWork? work, out int tag, out ProviderQueuePair? queuePair)
    {
        work = null;
        queuePair = null;
        tag = 0;
        uint index = (uint)id;
        if (index >= (uint)_used)
            return false;
        ref Entry entry = ref _entries[index];
        if (entry.Work is null || (entry.Generation & GenerationMask) != ((id >> 32) & GenerationMask))
            return false;
        work = entry.Work;
        tag = entry.Tag;
        queuePair = entry.QueuePair;
        entry.Work = null;
        entry.QueuePair = null;
        entry.Generation++;
        entry.NextFree = _free;
        _free = (int)index;
        Count--;
        return true;
    }

    /// <summary>The id of any entry of a queue pair (of any one when null), or 0.</summary>
    internal ulong Find(ProviderQueuePair? queuePair)
    {
        for (int i = 0; Count != 0 && i < _used; i++)
        {
            ref Entry entry = ref _entries[i];
            if (entry.Work is not null && (queuePair is null || ReferenceEquals(entry.QueuePair, queuePair)))
                return IdBit | ((ulong)(entry.Generation & GenerationMask) << 32) | (uint)i;
        }

        return 0;
    }

    private struct Entry
    {
        internal TrackedWork? Work;
        internal ProviderQueuePair? QueuePair;
        internal int Tag;
        internal uint Generation;
        internal int NextFree;
    }
}
