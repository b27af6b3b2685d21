namespace Scatterlist.Vrtd.Emulator;

internal sealed partial class EmulatedDevice
{
    /// <summary>Allocates memory, queue pairs and a descriptor; on failure nothing is left behind.</summary>
    internal VrtdReturnCode OpenBuffer(
        ulong owner,
        BufferAllocType type,
        BufferAllocDirection direction,
        ulong argument,
        ulong size,
        int pairs,
        out BufferRecord? record,
        out FileDescriptor? view)
    {
        record = null;
        view = null;
        if (direction > BufferAllocDirection.DeviceToHost)
            return VrtdReturnCode.InvalidArgument;
        lock (_gate)
        {
            VrtdReturnCode code = _map.Allocate(owner, type, argument, size, out ulong address, out ulong allocated);
            if (code != VrtdReturnCode.Ok)
                return code;
            if (AddStarted(direction, pairs) is not { } queues)
            {
                _map.Free(owner, address, allocated);
                return VrtdReturnCode.InternalError;
            }

            record = new BufferRecord(owner, address, allocated, IsRaw: false, queues);
            _buffers.Add(record);
        }

        return TryOpenView(record.QueuePairs[0], out view) ? VrtdReturnCode.Ok : Undo(ref record);
    }

    /// <summary>Makes queue pairs and a descriptor for any address.</summary>
    internal VrtdReturnCode OpenRawBuffer(
        ulong owner,
        BufferAllocDirection direction,
        ulong address,
        ulong size,
        int pairs,
        out BufferRecord? record,
        out FileDescriptor? view)
    {
        record = null;
        view = null;
        if (size == 0 || direction > BufferAllocDirection.DeviceToHost)
            return VrtdReturnCode.InvalidArgument;
        lock (_gate)
        {
            if (AddStarted(direction, pairs) is not { } queues)
                return VrtdReturnCode.InternalError;
            record = new BufferRecord(_options.LeakRawBuffers ? 0 : owner, address, size, IsRaw: true, queues);
            _buffers.Add(record);
        }

        return TryOpenView(record.QueuePairs[0], out view) ? VrtdReturnCode.Ok : Undo(ref record);
    }

    internal VrtdReturnCode CloseBuffer(ulong owner, ulong address, ulong size)
    {
        if (size == 0)
            return VrtdReturnCode.InvalidArgument;
        BufferRecord? record;
        lock (_gate)
        {
            record = _buffers.Find(candidate => candidate.Address == address);
            if (record is null)
                return VrtdReturnCode.NotExist;
            if (record.Size != size)
                return VrtdReturnCode.InvalidArgument;
            if (record.Owner != owner)
                return VrtdReturnCode.AuthError;
            Forget(record);
        }

        Release(record);
        return VrtdReturnCode.Ok;
    }

    /// <summary>Frees everything that a connection left open.</summary>
    internal void Disconnect(ulong owner) => ReleaseAll(record => record.Owner == owner);

    private void ReleaseAll(Predicate<BufferRecord> match)
    {
        List<BufferRecord> orphans;
        lock (_gate)
        {
            orphans = _buffers.FindAll(match);
            orphans.ForEach(record => Forget(record));
        }

        orphans.ForEach(Release);
    }

    /// <summary>
    /// Under the lock: takes a buffer and its queue pairs off the tables. Its memory stays owned. False when somebody
    /// else did so before, and with that has its memory to release.
    /// </summary>
    private bool Forget(BufferRecord record)
    {
        if (!_buffers.Remove(record))
            return false;
        foreach (QueuePair pair in record.QueuePairs)
        {
            // Somebody with the qdma permission may have deleted it, and its number may be another's by now.
            if (ReferenceEquals(_queues.Find(pair.Id), pair))
                _queues.Delete(pair.Id);
        }

        return true;
    }

    /// <summary>
    /// Outside of the lock: zeroes the memory, which takes its time when much was written, and only then gives it free.
    /// </summary>
    private void Release(BufferRecord record)
    {
        if (record.IsRaw)
            return; // Raw buffers own no memory: what they wrote is there for whoever looks next.
        if (_options.ZeroFreedMemory)
            _ = _memory.Zero(record.Address, record.Size);
        lock (_gate)
            _map.Free(record.Owner, record.Address, record.Size);
    }

    private VrtdReturnCode Undo(ref BufferRecord? record)
    {
        BufferRecord made = record!;
        record = null;
        bool isMine;
        lock (_gate)
            isMine = Forget(made);
        if (isMine)
            Release(made);
        return VrtdReturnCode.InternalError;
    }

    /// <summary>Under the lock: adds and starts queue pairs, all or none.</summary>
    private QueuePair[]? AddStarted(BufferAllocDirection direction, int count)
    {
        QdmaDirections directions = direction switch
        {
            BufferAllocDirection.HostToDevice => QdmaDirections.HostToCard,
            BufferAllocDirection.DeviceToHost => QdmaDirections.CardToHost,
            _ => QdmaDirections.HostToCard | QdmaDirections.CardToHost,
        };
        if (IsRemoved(QdmaFunction))
            return null;
        var pairs = new QueuePair[count];
        for (int i = 0; i < count; i++)
        {
            if (_queues.Add(QdmaMode.MemoryMapped, directions) is not { } pair)
            {
                foreach (QueuePair made in pairs.AsSpan(0, i))
                    _queues.Delete(made.Id);
                return null;
            }

            pair.IsStarted = true;
            pairs[i] = pair;
        }

        return pairs;
    }
}
