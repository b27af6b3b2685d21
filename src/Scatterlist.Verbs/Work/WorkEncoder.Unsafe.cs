using System.Buffers.Binary;
using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs;

/// <summary>Writes requests as entries: everything but their elements.</summary>
internal static unsafe class WorkEncoder
{
    /// <summary>Writes a send. The destination of a datagram is written by who holds its path.</summary>
    internal static Errno Encode(in SendWorkRequest request, bool datagram, ulong id, SendEntry* entry)
    {
        if (request.Destination.HasValue != datagram || (request.Immediate.HasValue && request.Invalidate.HasValue))
            return Errno.EINVAL;
        WorkRequestOpcode opcode = WorkRequestOpcode.Send;
        uint immediate = 0;
        if (request.Immediate is { } value)
        {
            opcode = WorkRequestOpcode.SendWithImmediate;
            immediate = ToNetwork(value);
        }
        else if (request.Invalidate is { } key)
        {
            opcode = WorkRequestOpcode.SendWithInvalidate;
            immediate = key.Value;
        }

        Start(entry, id, opcode, request.Flags);
        entry->Immediate = immediate;
        return Errno.None;
    }

    internal static void Encode(in WriteWorkRequest request, ulong id, SendEntry* entry)
    {
        bool withImmediate = request.Immediate.HasValue;
        Start(
            entry, id, withImmediate ? WorkRequestOpcode.RdmaWriteWithImmediate : WorkRequestOpcode.RdmaWrite,
            request.Flags);
        if (withImmediate)
            entry->Immediate = ToNetwork(request.Immediate.GetValueOrDefault());
        entry->RemoteAddress = request.Target.Address.Value;
        entry->RemoteKey = request.Target.Key.Value;
    }

    internal static void Encode(in ReadWorkRequest request, ulong id, SendEntry* entry)
    {
        Start(entry, id, WorkRequestOpcode.RdmaRead, request.Flags);
        entry->RemoteAddress = request.Source.Address.Value;
        entry->RemoteKey = request.Source.Key.Value;
    }

    internal static void Encode(in CompareAndSwapWorkRequest request, ulong id, SendEntry* entry)
    {
        Start(entry, id, WorkRequestOpcode.CompareAndSwap, request.Flags);
        entry->RemoteAddress = request.Target.Address.Value;
        entry->AtomicRemoteKey = request.Target.Key.Value;
        entry->CompareOrAdd = request.Compare;
        entry->Swap = request.Swap;
    }

    internal static void Encode(in FetchAndAddWorkRequest request, ulong id, SendEntry* entry)
    {
        Start(entry, id, WorkRequestOpcode.FetchAndAdd, request.Flags);
        entry->RemoteAddress = request.Target.Address.Value;
        entry->AtomicRemoteKey = request.Target.Key.Value;
        entry->CompareOrAdd = request.Add;
    }

    internal static Errno Encode(in RawWorkRequest request, bool datagram, ulong id, SendEntry* entry)
    {
        if (request.Destination.HasValue != datagram)
            return Errno.EINVAL;
        Start(entry, id, request.Opcode, request.Flags);
        switch (request.Opcode)
        {
            case WorkRequestOpcode.SendWithImmediate or WorkRequestOpcode.RdmaWriteWithImmediate:
                entry->Immediate = ToNetwork(request.Immediate);
                break;
            case WorkRequestOpcode.SendWithInvalidate or WorkRequestOpcode.LocalInvalidate:
                entry->Immediate = request.InvalidateKey.Value;
                break;
        }

        if (datagram)
            return Errno.None;
        entry->RemoteAddress = request.RemoteAddress.Value;
        if (request.Opcode is WorkRequestOpcode.CompareAndSwap or WorkRequestOpcode.FetchAndAdd)
        {
            entry->AtomicRemoteKey = request.RemoteKey.Value;
            entry->CompareOrAdd = request.CompareOrAdd;
            entry->Swap = request.Swap;
        }
        else
        {
            entry->RemoteKey = request.RemoteKey.Value;
        }

        return Errno.None;
    }

    internal static void SetDestination(SendEntry* entry, in DatagramDestination destination)
    {
        entry->AddressHandle = destination.Path.Provider.NativeObject;
        entry->RemoteQueuePair = destination.QueuePairNumber;
        entry->RemoteQueueKey = destination.QueueKey;
    }

    private static void Start(SendEntry* entry, ulong id, WorkRequestOpcode opcode, SendFlags flags)
    {
        *entry = default;
        entry->Id = id;
        entry->Opcode = (int)opcode;
        entry->Flags = (uint)flags;
    }

    private static uint ToNetwork(uint value) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
