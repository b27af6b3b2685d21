namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// The queue pairs of one card, limited in number. The lowest free id is given out. Not thread-safe: the device's lock
/// guards it.
/// </summary>
internal sealed class QueuePairTable
{
    /// <summary>The highest ring size index that the driver knows.</summary>
    private const uint MaxRingIndex = 15;

    private readonly QueuePair?[] _pairs;

    internal QueuePairTable(int limit) => _pairs = new QueuePair?[limit];

    internal int Count { get; private set; }

    /// <summary>
    /// Adds a stopped queue pair; null when the table is full or the driver would refuse the settings.
    /// </summary>
    internal QueuePair? Add(
        QdmaMode mode, QdmaDirections directions, QdmaChannel channel = default, uint highestRingIndex = 0)
    {
        const QdmaDirections all = QdmaDirections.HostToCard | QdmaDirections.CardToHost | QdmaDirections.Completion;
        bool valid = mode <= QdmaMode.Streaming && directions != QdmaDirections.None && (directions & ~all) == 0
            && channel <= QdmaChannel.Channel1 && highestRingIndex <= MaxRingIndex;
        int id = valid ? Array.IndexOf(_pairs, null) : -1;
        if (id < 0)
            return null;
        Count++;
        return _pairs[id] = new QueuePair((uint)id, mode, directions);
    }

    internal QueuePair? Find(uint id) => id < (uint)_pairs.Length ? _pairs[id] : null;

    /// <summary>Deletes a queue pair, started or not; false when it does not exist.</summary>
    internal bool Delete(uint id)
    {
        if (Find(id) is not { } pair)
            return false;
        _pairs[id] = null;
        Count--;
        pair.PrivateMemory?.Dispose();
        return true;
    }

    internal void Clear()
    {
        for (uint id = 0; id < _pairs.Length; id++)
            Delete(id);
    }
}
