using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

internal sealed partial class EmulatedDevice
{
    internal VrtdReturnCode AddQueuePair(in QueuePairConfig wanted, out uint id)
    {
        id = 0;
        uint highestRing = Math.Max(wanted.HostToCardRing, Math.Max(wanted.CardToHostRing, wanted.CompletionRing));
        lock (_gate)
        {
            if (IsRemoved(QdmaFunction))
                return VrtdReturnCode.InternalError;
            if (_queues.Add(wanted.Mode, wanted.Directions, wanted.Channel, highestRing) is not { } pair)
                return VrtdReturnCode.InternalError;
            id = pair.Id;
            return VrtdReturnCode.Ok;
        }
    }

    /// <summary>Starting a started queue pair, or stopping a stopped one, changes nothing and succeeds.</summary>
    internal VrtdReturnCode OperateQueuePair(uint id, QueuePairOperation operation)
    {
        if (operation > QueuePairOperation.Delete)
            return VrtdReturnCode.InvalidArgument;
        lock (_gate)
        {
            if (IsRemoved(QdmaFunction) || _queues.Find(id) is not { } pair)
                return VrtdReturnCode.InternalError;
            if (operation == QueuePairOperation.Delete)
                _queues.Delete(id);
            else
                pair.IsStarted = operation == QueuePairOperation.Start;
            return VrtdReturnCode.Ok;
        }
    }

    internal VrtdReturnCode OpenQueuePair(uint id, out FileDescriptor? view)
    {
        view = null;
        QueuePair? pair;
        lock (_gate)
            pair = IsRemoved(QdmaFunction) ? null : _queues.Find(id);
        return pair is { IsStarted: true } && TryOpenView(pair, out view)
            ? VrtdReturnCode.Ok
            : VrtdReturnCode.InternalError;
    }

    internal QdmaInfoResponse? QdmaInfo()
    {
        lock (_gate)
        {
            return IsRemoved(QdmaFunction)
                ? null
                : new QdmaInfoResponse(
                    (uint)_options.QueuePairLimit, 1, 0, 0, PciAddress.WithFunction(Bdf, QdmaFunction)!);
        }
    }

    /// <summary>
    /// Opens the memory that a queue pair reaches, for its directions only: moving bytes the other way fails with
    /// EBADF, where the kernel driver says ENODEV.
    /// </summary>
    private bool TryOpenView(QueuePair pair, out FileDescriptor? view)
    {
        view = null;
        try
        {
            // A streaming queue has no address, and no design behind it here: it has memory of its own as in the mock.
            bool isPrivate = _options.Isolation == MemoryIsolation.PerQueuePair || pair.Mode == QdmaMode.Streaming;
            if (!isPrivate)
            {
                view = _memory.OpenView(pair.Directions);
                return true;
            }

            lock (_gate)
            {
                if (!ReferenceEquals(_queues.Find(pair.Id), pair))
                    return false; // Deleted meanwhile: memory made now would never be given back.
                pair.PrivateMemory ??= MemoryFile.Create("v80-queue", SubregionMap.EndOfMemory);
                view = pair.PrivateMemory.OpenView(pair.Directions);
                return true;
            }
        }
        catch (ScatterlistException)
        {
            return false; // Out of descriptors: the daemon goes on, this request fails.
        }
    }
}
