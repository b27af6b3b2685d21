namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>A queue pair with a completion queue for each direction; made the same way on either side.</summary>
internal sealed class QueuePairKit : IDisposable
{
    private readonly PreparedQueuePair _prepared;
    private readonly Dictionary<Gid, AddressHandle> _paths = [];
    private QueuePair? _queuePair;

    private QueuePairKit(
        ProtectionDomain domain, LinkOptions options, CompletionQueue sendQueue, CompletionQueue receiveQueue,
        PreparedQueuePair prepared)
    {
        Options = options;
        Domain = domain;
        SendQueue = sendQueue;
        ReceiveQueue = receiveQueue;
        _prepared = prepared;
    }

    internal LinkOptions Options { get; }

    internal ProtectionDomain Domain { get; }

    internal CompletionQueue SendQueue { get; }

    internal CompletionQueue ReceiveQueue { get; }

    internal QueuePairEndpoint Endpoint => _prepared.Endpoint;

    internal PreparedQueuePair Prepared => _prepared;

    internal QueuePair QueuePair =>
        _queuePair ?? throw new InvalidOperationException("The queue pair is not connected.");

    public void Dispose()
    {
        _queuePair?.Dispose();
        _prepared.Dispose();
        foreach (AddressHandle path in _paths.Values)
            path.Dispose();
        SendQueue.Dispose();
        ReceiveQueue.Dispose();
    }

    internal static QueuePairKit Make(
        ProtectionDomain domain, LinkOptions options, SharedReceiveQueue? shared = null,
        CompletionQueue? sendQueue = null, CompletionQueue? receiveQueue = null)
    {
        CompletionQueue sends = sendQueue ?? domain.Context.CreateCompletionQueue(options.QueueEntries);
        CompletionQueue receives = receiveQueue ?? domain.Context.CreateCompletionQueue(options.QueueEntries);
        return new QueuePairKit(domain, options, sends, receives, Describe(domain, options, sends, receives, shared));
    }

    /// <summary>Connects with a peer; a datagram queue pair, which has none, is made ready.</summary>
    internal void Connect(QueuePairEndpoint remote) => _queuePair = Options.Type == QueuePairType.UnreliableDatagram
        ? _prepared.Activate()
        : _prepared.Handshake(remote);

    /// <summary>Posts what <paramref name="work"/> says, with its bytes in <paramref name="region"/>.</summary>
    internal Errno Post(Work work, MemoryRegion region) => work.Opcode switch
    {
        WorkRequestOpcode.Send or WorkRequestOpcode.SendWithImmediate or WorkRequestOpcode.SendWithInvalidate =>
            QueuePair.PostSend(ToSend(work, region, null), work.Id),
        WorkRequestOpcode.RdmaWrite or WorkRequestOpcode.RdmaWriteWithImmediate =>
            QueuePair.PostWrite(ToWrite(work, region), work.Id),
        WorkRequestOpcode.RdmaRead => QueuePair.PostRead(
            new ReadWorkRequest(region.Scatter(work.Offset, work.Length), work.Target)
            {
                Unsignaled = work.Unsignaled, Fence = work.Fence,
            },
            work.Id),
        WorkRequestOpcode.CompareAndSwap => QueuePair.PostCompareAndSwap(
            new CompareAndSwapWorkRequest(region.Scatter(work.Offset, 8), work.Target, work.Compare, work.Swap)
            {
                Unsignaled = work.Unsignaled, Fence = work.Fence,
            },
            work.Id),
        WorkRequestOpcode.FetchAndAdd => QueuePair.PostFetchAndAdd(
            new FetchAndAddWorkRequest(region.Scatter(work.Offset, 8), work.Target, work.Compare)
            {
                Unsignaled = work.Unsignaled, Fence = work.Fence,
            },
            work.Id),
        _ => throw new NotSupportedException($"{work.Opcode}"),
    };

    /// <summary>Posts a datagram.</summary>
    internal Errno PostDatagram(Work work, MemoryRegion region, QueuePairEndpoint remote, uint queueKey) =>
        QueuePair.PostSend(
            ToSend(work, region, new DatagramDestination(PathTo(remote), remote.Number, queueKey)), work.Id);

    /// <summary>The path to a peer, made at the first call.</summary>
    internal AddressHandle PathTo(QueuePairEndpoint remote)
    {
        if (!_paths.TryGetValue(remote.Gid, out AddressHandle? path))
            _paths.Add(remote.Gid, path = Domain.CreateAddressHandle(remote));
        return path;
    }

    /// <summary>What <see cref="Make"/> builds; for tests of the building itself.</summary>
    private static PreparedQueuePair Describe(
        ProtectionDomain domain, LinkOptions options, CompletionQueue sends, CompletionQueue receives,
        SharedReceiveQueue? shared)
    {
        QueuePairBuilder builder = QueuePair.Builder(domain)
            .WithType(options.Type)
            .WithCompletionQueues(sends, receives)
            .WithAccess(options.Access)
            .WithSendCapacity(options.SendDepth, options.Elements)
            .WithInlineBytes(options.InlineBytes)
            .WithAckTimeout(options.Timeout)
            .WithAckRetries(options.RetryCount)
            .WithRnrRetries(options.RnrRetry)
            .WithMinRnrTimer(options.MinRnrTimer)
            .WithReadAtomicDepth(options.ReadAtomic, options.ReadAtomic);
        builder = shared is null
            ? builder.WithReceiveCapacity(options.ReceiveDepth, options.Elements)
            : builder.WithSharedReceiveQueue(shared);
        if (options.Type == QueuePairType.UnreliableDatagram)
            builder = builder.WithQueueKey(options.QueueKey);
        if (options.Mtu != 0)
            builder = builder.WithMtu((Mtu)options.Mtu);
        return builder.Build();
    }

    private static SendWorkRequest ToSend(Work work, MemoryRegion region, DatagramDestination? destination)
    {
        RemoteKey? invalidate = work.InvalidateKey is { } key ? new RemoteKey(key) : null;
        return work.Length == 0
            ? new SendWorkRequest
            {
                Immediate = work.Immediate, Invalidate = invalidate, Destination = destination, Inline = work.Inline,
                Unsignaled = work.Unsignaled, Fence = work.Fence, Solicited = work.Solicited,
            }
            : new SendWorkRequest(region.Gather(work.Offset, work.Length))
            {
                Immediate = work.Immediate, Invalidate = invalidate, Destination = destination, Inline = work.Inline,
                Unsignaled = work.Unsignaled, Fence = work.Fence, Solicited = work.Solicited,
            };
    }

    private static WriteWorkRequest ToWrite(Work work, MemoryRegion region) =>
        new(region.Gather(work.Offset, work.Length), work.Target)
        {
            Immediate = work.Immediate, Inline = work.Inline, Unsignaled = work.Unsignaled, Fence = work.Fence,
            Solicited = work.Solicited,
        };
}
