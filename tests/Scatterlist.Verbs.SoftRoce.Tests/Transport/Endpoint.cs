using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Transport;
using Mask = Scatterlist.Verbs.QueuePairAttributeMask;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>A queue pair with its queues and one registered piece of memory.</summary>
internal sealed unsafe class Endpoint : IDisposable
{
    internal const AccessFlags All =
        AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;

    private readonly WorkCompletion[] _polled = new WorkCompletion[64];

    internal Endpoint(
        SoftContext nic,
        QueuePairType type = QueuePairType.ReliableConnected,
        int depth = 64,
        int memory = 1 << 20,
        SoftSharedReceiveQueue? sharedReceives = null,
        SoftDomain? domain = null,
        bool signalsAll = false,
        AccessFlags access = All,
        int elements = 8)
    {
        Nic = nic;
        Domain = domain ?? (SoftDomain)nic.AllocateDomain();
        SendCompletions = (SoftCompletionQueue)nic.CreateCompletionQueue(4096, null, 0);
        ReceiveCompletions = (SoftCompletionQueue)nic.CreateCompletionQueue(4096, null, 0);
        Memory = GC.AllocateArray<byte>(memory, pinned: true);
        Region = (SoftRegion)Domain.RegisterMemory(
            new Block(AddressOf(0), (nuint)memory), (ulong)AddressOf(0), access, null, null, 0);
        QueuePair = SoftQueuePair.Create(Domain, new QueuePairRequest(
            type, SendCompletions, ReceiveCompletions, sharedReceives,
            new QueuePairCapabilities(depth, depth, elements, elements, 256), signalsAll));
    }

    internal SoftContext Nic { get; }

    internal SoftDomain Domain { get; }

    internal SoftCompletionQueue SendCompletions { get; }

    internal SoftCompletionQueue ReceiveCompletions { get; }

    internal byte[] Memory { get; }

    internal SoftRegion Region { get; }

    internal SoftQueuePair QueuePair { get; }

    internal uint LocalKey => Region.LocalKeyValue;

    internal uint RemoteKey => Region.RemoteKeyValue;

    internal List<WorkCompletion> Sent { get; } = [];

    internal List<WorkCompletion> Received { get; } = [];

    internal nint AddressOf(int offset)
    {
        fixed (byte* start = Memory)
            return (nint)start + offset;
    }

    internal ScatterGatherEntry Piece(int offset, int length) => new()
    {
        Address = (ulong)AddressOf(offset),
        Length = (uint)length,
        LocalKey = LocalKey,
    };

    /// <summary>Takes it to RTS against a peer.</summary>
    internal void Connect(Gid peer, uint number, Action<ConnectOptions>? change = null)
    {
        var options = new ConnectOptions();
        change?.Invoke(options);
        var attributes = new QueuePairAttributes
        {
            State = QueuePairState.Init,
            Port = 1,
            AccessFlags = options.Access,
            QueueKey = options.QueueKey,
        };
        bool datagram = QueuePair.Type == QueuePairType.UnreliableDatagram;
        bool reliable = QueuePair.Type == QueuePairType.ReliableConnected;
        Mask rights = datagram ? Mask.QKey : Mask.AccessFlags;
        Assert.Equal(Errno.None, QueuePair.Modify(attributes, Mask.State | Mask.PKeyIndex | Mask.Port | rights));
        attributes.State = QueuePairState.ReadyToReceive;
        attributes.AddressVector = new AddressHandleAttributes(peer);
        attributes.PathMtu = options.Mtu;
        attributes.DestinationQueuePairNumber = number;
        attributes.ReceivePsn = options.ReceivePsn;
        attributes.MaxDestinationReadAtomic = options.MaxDestinationReadAtomic;
        attributes.MinRnrTimer = options.MinRnrTimer;
        const Mask PeerMask =
            Mask.State | Mask.AddressVector | Mask.PathMtu | Mask.DestinationQueuePairNumber | Mask.ReceivePsn;
        Assert.Equal(Errno.None, QueuePair.Modify(attributes, datagram
            ? Mask.State
            : reliable ? PeerMask | Mask.MaxDestinationReadAtomic | Mask.MinRnrTimer : PeerMask));
        if (options.StopAtReceive)
            return;
        attributes.State = QueuePairState.ReadyToSend;
        attributes.Timeout = options.Timeout;
        attributes.RetryCount = options.RetryCount;
        attributes.RnrRetry = options.RnrRetry;
        attributes.SendPsn = options.SendPsn;
        attributes.MaxReadAtomic = options.MaxReadAtomic;
        Assert.Equal(Errno.None, QueuePair.Modify(attributes, Mask.State | Mask.SendPsn | (reliable
            ? Mask.Timeout | Mask.RetryCount | Mask.RnrRetry | Mask.MaxReadAtomic
            : 0)));
    }

    internal Errno Modify(QueuePairState state, Mask more = 0, QueuePairAttributes attributes = default)
    {
        attributes.State = state;
        return QueuePair.Modify(attributes, Mask.State | more);
    }

    internal Errno Post(SendEntry entry, params ReadOnlySpan<ScatterGatherEntry> pieces)
    {
        fixed (ScatterGatherEntry* list = pieces)
        {
            entry.List = list;
            entry.ListLength = pieces.Length;
            return QueuePair.PostSend(&entry, 1, out _);
        }
    }

    internal Errno PostReceive(ulong id, params ReadOnlySpan<ScatterGatherEntry> pieces)
    {
        fixed (ScatterGatherEntry* list = pieces)
        {
            var entry = new ReceiveEntry { Id = id, List = list, ListLength = pieces.Length };
            return QueuePair.PostReceive(&entry, 1, out _);
        }
    }

    /// <summary>An entry with the usual flags.</summary>
    internal static SendEntry Entry(
        ulong id, WorkRequestOpcode opcode, SendFlags flags = SendFlags.Signaled, ulong remoteAddress = 0,
        uint remoteKey = 0, uint immediate = 0) => new()
        {
            Id = id,
            Opcode = (int)opcode,
            Flags = (uint)flags,
            RemoteAddress = remoteAddress,
            RemoteKey = remoteKey,
            Immediate = immediate,
        };

    internal static SendEntry Atomic(
        ulong id, WorkRequestOpcode opcode, ulong remoteAddress, uint remoteKey, ulong compareOrAdd, ulong swap = 0) =>
        new()
        {
            Id = id,
            Opcode = (int)opcode,
            Flags = (uint)SendFlags.Signaled,
            RemoteAddress = remoteAddress,
            CompareOrAdd = compareOrAdd,
            Swap = swap,
            AtomicRemoteKey = remoteKey,
        };

    /// <summary>Takes all completions into the lists.</summary>
    internal void Poll()
    {
        Drain(SendCompletions, Sent);
        Drain(ReceiveCompletions, Received);
    }

    internal List<AsyncEventType> Events()
    {
        var events = new List<AsyncEventType>();
        while (Nic.TryGetAsyncEvent(out AsyncEventType type, out _, out _))
            events.Add(type);
        return events;
    }

    public void Dispose()
    {
        QueuePair.Dispose();
        Region.Dispose();
        SendCompletions.Dispose();
        ReceiveCompletions.Dispose();
        Domain.Dispose();
    }

    private void Drain(SoftCompletionQueue queue, List<WorkCompletion> to)
    {
        int count;
        while ((count = queue.Poll(_polled)) > 0)
            to.AddRange(_polled.AsSpan(0, count));
    }
}
