using System.Security.Cryptography;
using Scatterlist.Tool.Rdma.Exchange;
using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma.Perf;

/// <summary>
/// This end of a test: memory, queues and queue pairs, laid out as perftest does. Every queue pair has a part of memory to
/// send from and a part that the peer uses, of a size that both ends know.
/// </summary>
internal sealed class PerfEndpoint : IDisposable
{
    private const uint QueueKey = 0x1111_1111; // perftest's
    private const int GrhSpace = 64; // a cache line in front of a datagram's bytes, of which 40 take its GRH
    private const int LongestRnrWait = 12;

    private readonly PerfSettings _settings;
    private readonly RdmaPort _port;
    private readonly ProtectionDomain _domain;
    private readonly HostBuffer _buffer;
    private readonly PreparedQueuePair[] _prepared;
    private readonly AddressHandle?[] _paths;
    private readonly int _stride;

    internal PerfEndpoint(PerfSettings settings, RdmaPort port, Mtu mtu, int cycleSize, int cacheLine)
    {
        _settings = settings;
        _port = port;
        Mtu = mtu;
        CycleSize = cycleSize;
        CacheLine = Math.Max(cacheLine, 1);
        InlineSize = WantedInline(settings);
        OutstandingReads = OutstandingReadsOf(settings, port.Context.Attributes);
        PartSize = Math.Max(settings.Size, cycleSize);
        _stride = PartSize + (settings.IsDatagram ? GrhSpace : 0);
        int count = settings.QueuePairs;
        nuint length = (nuint)_stride * 2 * (nuint)count;
        _buffer = HostBuffer.Allocate(length, new HostBufferOptions { IsShareable = true, Name = "sgl-perf" });
        _domain = port.Context.AllocateDomain();
        Region = _domain.Register(
            _buffer,
            AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic);
        Sends = new CompletionReader(port.Context, settings.TxDepth * count, settings.UseEvents);
        Receives = new CompletionReader(port.Context, Math.Max(settings.RxDepth * count, 1), settings.UseEvents);
        _prepared = new PreparedQueuePair[count];
        _paths = new AddressHandle?[count];
        QueuePairs = new QueuePair[count];
        Local = new PerftestKeys[count];
        Remote = new PerftestKeys[count];
        for (int i = 0; i < count; i++)
            Prepare(i);
    }

    internal Mtu Mtu { get; }

    internal int CycleSize { get; }

    internal int CacheLine { get; }

    /// <summary>Messages up to this size go inline.</summary>
    internal int InlineSize { get; private set; }

    internal int OutstandingReads { get; }

    /// <summary>Bytes of each part.</summary>
    internal int PartSize { get; }

    internal MemoryRegion Region { get; }

    internal CompletionReader Sends { get; }

    internal CompletionReader Receives { get; }

    internal QueuePair[] QueuePairs { get; }

    /// <summary>What the peer is told of each queue pair.</summary>
    internal PerftestKeys[] Local { get; }

    /// <summary>What the peer told.</summary>
    internal PerftestKeys[] Remote { get; }

    /// <summary>A byte of the memory itself.</summary>
    internal ref byte Memory(nuint offset) => ref _buffer.AsSpan(offset, 1)[0];

    /// <summary>Where in the region the bytes to send lie.</summary>
    internal nuint SendOffset(int queuePair) => (nuint)queuePair * (nuint)_stride;

    /// <summary>Where in the region the bytes lie that the peer writes, reads or sends.</summary>
    internal nuint PeerOffset(int queuePair) =>
        ((nuint)(_settings.QueuePairs + queuePair) * (nuint)_stride) + (nuint)(_settings.IsDatagram ? GrhSpace : 0);

    /// <summary>The part of the peer's memory that a queue pair uses.</summary>
    internal RemoteMemoryRegion RemotePart(int queuePair) => new(
        new RemoteAddress(Remote[queuePair].RemoteAddress), (ulong)PartSize, new RemoteKey(Remote[queuePair].RemoteKey));

    /// <summary>Where datagrams of a queue pair go; null for connected ones.</summary>
    internal DatagramDestination? Destination(int queuePair) => _paths[queuePair] is { } path
        ? new DatagramDestination(path, Remote[queuePair].Address.QueuePairNumber, QueueKey)
        : null;

    /// <summary>Connects every queue pair to what the peer told.</summary>
    internal void Connect()
    {
        for (int i = 0; i < _prepared.Length; i++)
        {
            PeerAddress peer = Remote[i].Address;
            var remote = new QueuePairEndpoint(peer.Gid, peer.QueuePairNumber, peer.Psn, Mtu, peer.Lid)
            {
                Type = _settings.Connection,
                ReadAtomicDepth = (byte)Math.Clamp(Remote[i].OutstandingReads, 1, byte.MaxValue),
                QueueKey = QueueKey,
            };
            if (_settings.IsDatagram)
            {
                QueuePairs[i] = _prepared[i].Activate();
                _paths[i] = _domain.CreateAddressHandle(remote, _port.Gid?.Index, _port.Number);
            }
            else
            {
                QueuePairs[i] = _prepared[i].Handshake(remote);
            }
        }
    }

    /// <summary>Posts room for a message.</summary>
    internal void PostReceive(int queuePair, int size)
    {
        nuint grh = (nuint)_settings.GrhBytes;
        ScatterElement room = Region.Scatter(PeerOffset(queuePair) - grh, (nuint)size + grh);
        Errno errno = _prepared[queuePair].PostReceive(new ReceiveWorkRequest(room), (ulong)queuePair);
        if (errno != Errno.None)
            throw new WorkFailedException("a receive", errno);
    }

    public void Dispose()
    {
        foreach (PreparedQueuePair queuePair in _prepared)
            queuePair?.Dispose();
        foreach (AddressHandle? path in _paths)
            path?.Dispose();
        Sends.Dispose();
        Receives.Dispose();
        Region.Dispose();
        _domain.Dispose();
        _buffer.Dispose();
    }

    private void Prepare(int index)
    {
        QueuePairBuilder builder = QueuePair.Builder(_domain)
            .WithType(_settings.Connection)
            .WithCompletionQueues(Sends.Queue, Receives.Queue)
            .WithSendCapacity(_settings.TxDepth)
            .WithReceiveCapacity(_settings.RxDepth)
            .WithInlineBytesUpTo(InlineSize)
            .WithMtu(Mtu)
            .WithPort(_port.Number)
            .WithPsn((uint)RandomNumberGenerator.GetInt32(1 << 24))
            .WithServiceLevel(_settings.ServiceLevel)
            .WithQueueKey(QueueKey);
        if (_settings.IsReliable)
        {
            builder = builder
                .WithAckTimeout(_settings.AckTimeout)
                .WithAckRetries(7)
                .WithRnrRetries(7)
                .WithMinRnrTimer(LongestRnrWait)
                .WithReadAtomicDepth(OutstandingReads, OutstandingReads);
        }

        if (_port.Gid is { } gid)
            builder = builder.WithGidIndex(gid.Index);
        _prepared[index] = builder.Build();
        InlineSize = Math.Min(InlineSize, _prepared[index].Capabilities.MaxInlineBytes); // as many as the device gave
        QueuePairEndpoint own = _prepared[index].Endpoint;
        var address = new PeerAddress(own.Lid, own.Number, own.Psn, own.Gid);
        Local[index] = new PerftestKeys(
            address, (uint)OutstandingReads, Region.RemoteKey.Value, Region.Address + PeerOffset(index));
    }

    // What perftest takes where the user says nothing: in latency tests small messages go inline.
    private static int WantedInline(PerfSettings settings)
    {
        if (settings.IsReadOrAtomic)
            return 0;
        if (settings.InlineSize is { } asked)
            return asked;
        if (!settings.IsLatency)
            return 0;
        return settings.Verb == PerfVerb.Write ? 220
            : settings.IsDatagram ? 188 : 236;
    }

    private static int OutstandingReadsOf(PerfSettings settings, DeviceAttributes limits)
    {
        if (!settings.IsReadOrAtomic)
            return 1;
        int most = Math.Min(Math.Min(limits.MaxReadAtomic, limits.MaxInitiatorReadAtomic), byte.MaxValue);
        return Math.Clamp(settings.OutstandingReads ?? most, 1, Math.Max(most, 1));
    }
}
