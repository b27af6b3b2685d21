namespace Scatterlist.Verbs;

/// <summary>
/// A queue pair that is made and not connected yet. Tell the peer its <see cref="Endpoint"/>, post receives, and
/// <see cref="Handshake"/> with the peer's endpoint.
/// </summary>
/// <remarks>
/// Not thread-safe, but for disposal. After the handshake the queue pair is the returned object, which is the one to
/// dispose; disposing this one as well does the same.
/// </remarks>
public sealed class PreparedQueuePair : IDisposable
{
    private readonly QueuePair _queuePair;
    private readonly QueuePairSettings _settings;
    private bool _connected;

    internal PreparedQueuePair(QueuePair queuePair, QueuePairSettings settings)
    {
        _queuePair = queuePair;
        _settings = settings;
        Endpoint = new QueuePairEndpoint(
            settings.Gid, queuePair.Number, settings.Psn!.Value, settings.Mtu!.Value, settings.Lid)
        {
            Type = queuePair.Type,
            ReadAtomicDepth = (byte)settings.ResponderDepth!.Value,
            QueueKey = settings.QueueKey!.Value,
        };
        MoveToInit();
    }

    /// <summary>What the peer needs to know.</summary>
    public QueuePairEndpoint Endpoint { get; }

    /// <summary>The queue pair's number.</summary>
    public uint Number => _queuePair.Number;

    /// <summary>The sizes that the queues really have.</summary>
    public QueuePairCapabilities Capabilities => _queuePair.Capabilities;

    /// <summary>Posts room for a message, which may come as soon as the peer is connected.</summary>
    /// <inheritdoc cref="QueuePair.PostReceive"/>
    public Errno PostReceive(in ReceiveWorkRequest request, ulong id) => _queuePair.PostReceive(request, id);

    /// <summary>Connects: the queue pair is ready to receive and to send (RTR, then RTS).</summary>
    /// <param name="remote">The peer's endpoint. The own one connects the queue pair with itself.</param>
    /// <returns>The queue pair, which is this one's native object: dispose either.</returns>
    /// <exception cref="InvalidOperationException">It is connected already, or takes datagrams.</exception>
    /// <exception cref="VerbsException">InvalidInput: the endpoints do not fit together; Unreachable: no route; or what
    /// the device refused, with the attribute.</exception>
    /// <exception cref="ObjectDisposedException">The queue pair is disposed.</exception>
    public QueuePair Handshake(QueuePairEndpoint remote)
    {
        if (_queuePair.Type == QueuePairType.UnreliableDatagram)
            throw new InvalidOperationException("A datagram queue pair has no single peer: Activate it.");
        Claim();
        string verb = $"handshake of QP {Number} with {remote}";
        if (remote.Type != _queuePair.Type)
        {
            throw new VerbsException(
                verb, Errno.EINVAL, $"the peer is {remote.Type} and this end is {_queuePair.Type}");
        }

        if (remote.Number == 0 || (remote.Gid.IsZero && remote.Lid == 0))
            throw new VerbsException(verb, Errno.EINVAL, "the peer's endpoint is empty");
        if (!_settings.Gid.IsZero && !remote.Gid.IsZero && _settings.Gid.IsIPv4 != remote.Gid.IsIPv4)
        {
            throw new VerbsException(
                verb, Errno.EINVAL, $"one GID is IPv4 and the other is not (own: {_settings.Gid})",
                "Choose GIDs of one family on both ends: QueuePairBuilder.WithGidIndex.");
        }

        MoveToReceive(remote);
        MoveToSend(remote);
        _connected = true;
        return _queuePair;
    }

    /// <summary>Makes a datagram queue pair ready to receive and to send.</summary>
    /// <returns>The queue pair, which is this one's native object: dispose either.</returns>
    /// <exception cref="InvalidOperationException">It is active already, or is connected by a handshake.</exception>
    /// <exception cref="VerbsException">What the device refused, with the attribute.</exception>
    /// <exception cref="ObjectDisposedException">The queue pair is disposed.</exception>
    public QueuePair Activate()
    {
        if (_queuePair.Type != QueuePairType.UnreliableDatagram)
            throw new InvalidOperationException("A connected queue pair has a peer: Handshake with it.");
        Claim();
        Modify(
            new QueuePairAttributes { State = QueuePairState.ReadyToReceive }, QueuePairAttributeMask.State);
        Modify(
            new QueuePairAttributes { State = QueuePairState.ReadyToSend, SendPsn = _settings.Psn!.Value },
            QueuePairAttributeMask.State | QueuePairAttributeMask.SendPsn);
        _connected = true;
        return _queuePair;
    }

    /// <summary>For a connection by hand: see <see cref="QueuePair.Modify"/>.</summary>
    /// <inheritdoc cref="QueuePair.Modify"/>
    public void Modify(in QueuePairAttributes attributes, QueuePairAttributeMask mask) =>
        _queuePair.Modify(attributes, mask);

    /// <summary>Reads attributes; see <see cref="QueuePair.Query"/>.</summary>
    /// <inheritdoc cref="QueuePair.Query"/>
    public QueuePairAttributes Query(QueuePairAttributeMask mask = (QueuePairAttributeMask)0x1fffff) =>
        _queuePair.Query(mask);

    /// <summary>The queue pair as it is, for a connection by hand with <see cref="Modify"/>.</summary>
    public QueuePair ToUnconnected() => _queuePair;

    /// <summary>Ends the queue pair, connected or not. Idempotent.</summary>
    public void Dispose() => _queuePair.Dispose();

    private void Claim()
    {
        if (_connected)
            throw new InvalidOperationException($"QP {Number} is connected already.");
    }

    private void MoveToInit()
    {
        var attributes = new QueuePairAttributes
        {
            State = QueuePairState.Init,
            PartitionKeyIndex = _settings.PartitionKeyIndex,
            Port = _settings.Port,
            AccessFlags = _settings.Access!.Value,
            QueueKey = _settings.QueueKey!.Value,
        };
        QueuePairAttributeMask mask =
            QueuePairAttributeMask.State | QueuePairAttributeMask.PKeyIndex | QueuePairAttributeMask.Port;
        Modify(attributes, mask | (_queuePair.Type == QueuePairType.UnreliableDatagram
            ? QueuePairAttributeMask.QKey
            : QueuePairAttributeMask.AccessFlags));
    }

    private void MoveToReceive(in QueuePairEndpoint remote)
    {
        Mtu own = _settings.Mtu!.Value;
        var attributes = new QueuePairAttributes
        {
            State = QueuePairState.ReadyToReceive,
            AddressVector = new AddressHandleAttributes(remote.Gid, (byte)_settings.GidIndex!.Value, _settings.Port)
            {
                IsGlobal = !remote.Gid.IsZero,
                HopLimit = _settings.HopLimit,
                TrafficClass = _settings.TrafficClass,
                FlowLabel = _settings.FlowLabel,
                ServiceLevel = _settings.ServiceLevel,
                DestinationLid = remote.Lid,
            },
            PathMtu = remote.Mtu < own ? remote.Mtu : own,
            DestinationQueuePairNumber = remote.Number,
            ReceivePsn = remote.Psn,
            MaxDestinationReadAtomic = (byte)_settings.ResponderDepth!.Value,
            MinRnrTimer = (byte)_settings.MinRnrTimer,
        };
        QueuePairAttributeMask mask = QueuePairAttributeMask.State | QueuePairAttributeMask.AddressVector
            | QueuePairAttributeMask.PathMtu | QueuePairAttributeMask.DestinationQueuePairNumber
            | QueuePairAttributeMask.ReceivePsn;
        if (_queuePair.Type == QueuePairType.ReliableConnected)
            mask |= QueuePairAttributeMask.MaxDestinationReadAtomic | QueuePairAttributeMask.MinRnrTimer;
        Modify(attributes, mask);
    }

    private void MoveToSend(in QueuePairEndpoint remote)
    {
        var attributes = new QueuePairAttributes
        {
            State = QueuePairState.ReadyToSend,
            SendPsn = _settings.Psn!.Value,
            Timeout = (byte)_settings.AckTimeout,
            RetryCount = (byte)_settings.AckRetries,
            RnrRetry = (byte)_settings.RnrRetries,
            MaxReadAtomic = (byte)Math.Min(_settings.RequesterDepth!.Value, remote.ReadAtomicDepth),
        };
        QueuePairAttributeMask mask = QueuePairAttributeMask.State | QueuePairAttributeMask.SendPsn;
        if (_queuePair.Type == QueuePairType.ReliableConnected)
        {
            mask |= QueuePairAttributeMask.Timeout | QueuePairAttributeMask.RetryCount
                | QueuePairAttributeMask.RnrRetry | QueuePairAttributeMask.MaxReadAtomic;
        }

        Modify(attributes, mask);
    }
}
