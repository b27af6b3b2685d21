using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.Providers.LibIbverbs;

/// <summary>
/// The functions that a queue pair of newer drivers is posted to by (ibv_wr_post(3)): a batch is put together in the
/// driver's own queue, without a list of requests between, and the device is told once.
/// </summary>
internal sealed unsafe class IbvBatch
{
    private readonly nint _queuePair;
    private readonly ulong* _id;
    private readonly uint* _flags;
    private readonly delegate* unmanaged<nint, void> _start;
    private readonly delegate* unmanaged<nint, int> _complete;
    private readonly delegate* unmanaged<nint, void> _send;
    private readonly delegate* unmanaged<nint, uint, void> _sendImmediate;
    private readonly delegate* unmanaged<nint, uint, ulong, void> _write;
    private readonly delegate* unmanaged<nint, uint, ulong, uint, void> _writeImmediate;
    private readonly delegate* unmanaged<nint, uint, ulong, void> _read;
    private readonly delegate* unmanaged<nint, uint, ulong, ulong, ulong, void> _compareAndSwap;
    private readonly delegate* unmanaged<nint, uint, ulong, ulong, void> _fetchAndAdd;
    private readonly delegate* unmanaged<nint, nint, uint, uint, void> _setDestination;
    private readonly delegate* unmanaged<nint, ulong, nuint, void> _setInline;
    private readonly delegate* unmanaged<nint, uint, ulong, uint, void> _setElement;
    private readonly delegate* unmanaged<nint, nuint, ScatterGatherEntry*, void> _setElements;
    private readonly uint _opcodes;
    private readonly bool _isDatagram;

    private IbvBatch(nint extended, QueuePairType type)
    {
        _queuePair = extended;
        nint table = extended + IbvQpEx.BaseSize;
        _id = (ulong*)(table + IbvQpEx.WorkRequestId);
        _flags = (uint*)(table + IbvQpEx.WorkRequestFlags);
        _start = (delegate* unmanaged<nint, void>)At(table, IbvQpEx.Start);
        _complete = (delegate* unmanaged<nint, int>)At(table, IbvQpEx.Complete);
        _send = (delegate* unmanaged<nint, void>)At(table, IbvQpEx.Send);
        _sendImmediate = (delegate* unmanaged<nint, uint, void>)At(table, IbvQpEx.SendImmediate);
        _write = (delegate* unmanaged<nint, uint, ulong, void>)At(table, IbvQpEx.RdmaWrite);
        _writeImmediate = (delegate* unmanaged<nint, uint, ulong, uint, void>)At(table, IbvQpEx.RdmaWriteImmediate);
        _read = (delegate* unmanaged<nint, uint, ulong, void>)At(table, IbvQpEx.RdmaRead);
        _compareAndSwap =
            (delegate* unmanaged<nint, uint, ulong, ulong, ulong, void>)At(table, IbvQpEx.CompareAndSwap);
        _fetchAndAdd = (delegate* unmanaged<nint, uint, ulong, ulong, void>)At(table, IbvQpEx.FetchAndAdd);
        _setDestination = (delegate* unmanaged<nint, nint, uint, uint, void>)At(table, IbvQpEx.SetUdAddress);
        _setInline = (delegate* unmanaged<nint, ulong, nuint, void>)At(table, IbvQpEx.SetInlineData);
        _setElement = (delegate* unmanaged<nint, uint, ulong, uint, void>)At(table, IbvQpEx.SetSge);
        _setElements = (delegate* unmanaged<nint, nuint, ScatterGatherEntry*, void>)At(table, IbvQpEx.SetSgeList);

        // Only what the queue pair was made for, and what the driver has a function for.
        _opcodes = Bit(WorkRequestOpcode.Send, _send != null)
            | Bit(WorkRequestOpcode.SendWithImmediate, _sendImmediate != null);
        _isDatagram = type == QueuePairType.UnreliableDatagram;
        if (_isDatagram)
        {
            if (_setDestination == null)
                _opcodes = 0;
            return;
        }

        _opcodes |= Bit(WorkRequestOpcode.RdmaWrite, _write != null)
            | Bit(WorkRequestOpcode.RdmaWriteWithImmediate, _writeImmediate != null);
        if (type != QueuePairType.ReliableConnected)
            return;
        _opcodes |= Bit(WorkRequestOpcode.RdmaRead, _read != null)
            | Bit(WorkRequestOpcode.CompareAndSwap, _compareAndSwap != null)
            | Bit(WorkRequestOpcode.FetchAndAdd, _fetchAndAdd != null);
    }

    /// <summary>What a queue pair of the type is made for.</summary>
    internal static ulong OperationsOf(QueuePairType type)
    {
        const ulong Datagram = IbvQpEx.WithSend | IbvQpEx.WithSendImmediate;
        const ulong Unreliable = Datagram | IbvQpEx.WithWrite | IbvQpEx.WithWriteImmediate;
        const ulong Reliable = Unreliable | IbvQpEx.WithRead | IbvQpEx.WithCompareAndSwap | IbvQpEx.WithFetchAndAdd;
        return type switch
        {
            QueuePairType.ReliableConnected => Reliable,
            QueuePairType.UnreliableDatagram => Datagram,
            _ => Unreliable,
        };
    }

    /// <summary>The functions of a queue pair; null when its driver lacks any that every batch needs.</summary>
    /// <param name="extended">What ibv_qp_to_qp_ex gave; 0 for a plain queue pair.</param>
    /// <param name="type">The queue pair's type.</param>
    internal static IbvBatch? Of(nint extended, QueuePairType type)
    {
        if (extended == 0)
            return null;
        var batch = new IbvBatch(extended, type);
        bool isWhole = batch._start != null && batch._complete != null && batch._setInline != null
            && batch._setElement != null && batch._setElements != null;
        return isWhole && batch._opcodes != 0 ? batch : null;
    }

    /// <summary>
    /// Whether all requests can be posted this way. Not those of several elements: rxe's library counts the length of
    /// the first for each of them (seen with Debian's), and sends too little or too much.
    /// </summary>
    internal bool Takes(SendEntry* entries, int count)
    {
        for (int i = 0; i < count; i++)
        {
            SendEntry* entry = entries + i;
            if ((uint)entry->Opcode > 31 || (_opcodes & (1u << entry->Opcode)) == 0 || entry->ListLength > 1)
                return false;
        }

        return true;
    }

    /// <summary>Posts all or none. From the first call to the last the driver may hold its lock: nothing in between
    /// throws, allocates or waits.</summary>
    internal Errno Post(SendEntry* entries, int count)
    {
        nint queuePair = _queuePair;
        _start(queuePair);
        for (SendEntry* entry = entries, end = entries + count; entry != end; entry++)
        {
            *_id = entry->Id;
            *_flags = entry->Flags; // with Inline: rxe's kernel goes by it, and its library's function does not set it
            switch ((WorkRequestOpcode)entry->Opcode)
            {
                case WorkRequestOpcode.Send:
                    _send(queuePair);
                    break;
                case WorkRequestOpcode.SendWithImmediate:
                    _sendImmediate(queuePair, entry->Immediate);
                    break;
                case WorkRequestOpcode.RdmaWrite:
                    _write(queuePair, entry->RemoteKey, entry->RemoteAddress);
                    break;
                case WorkRequestOpcode.RdmaWriteWithImmediate:
                    _writeImmediate(queuePair, entry->RemoteKey, entry->RemoteAddress, entry->Immediate);
                    break;
                case WorkRequestOpcode.RdmaRead:
                    _read(queuePair, entry->RemoteKey, entry->RemoteAddress);
                    break;
                case WorkRequestOpcode.CompareAndSwap:
                    _compareAndSwap(
                        queuePair, entry->AtomicRemoteKey, entry->RemoteAddress, entry->CompareOrAdd, entry->Swap);
                    break;
                default:
                    _fetchAndAdd(queuePair, entry->AtomicRemoteKey, entry->RemoteAddress, entry->CompareOrAdd);
                    break;
            }

            SetRest(entry);
        }

        return IbvErrors.Of(_complete(queuePair));
    }

    private void SetRest(SendEntry* entry)
    {
        if (_isDatagram)
            _setDestination(_queuePair, entry->AddressHandle, entry->RemoteQueuePair, entry->RemoteQueueKey);
        ScatterGatherEntry* list = entry->List;
        if ((entry->Flags & (uint)SendFlags.Inline) != 0)
        {
            bool empty = entry->ListLength == 0;
            _setInline(_queuePair, empty ? 0 : list->Address, empty ? 0 : list->Length);
        }
        else if (entry->ListLength == 1)
        {
            _setElement(_queuePair, list->LocalKey, list->Address, list->Length);
        }
        else
        {
            _setElements(_queuePair, (nuint)entry->ListLength, list);
        }
    }

    private static nint At(nint table, int offset) => *(nint*)(table + offset);

    private static uint Bit(WorkRequestOpcode opcode, bool present) => present ? 1u << (int)opcode : 0;
}
