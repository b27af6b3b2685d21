using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;
using State = Scatterlist.Verbs.QueuePairState;

namespace Scatterlist.Verbs.SoftRoce.Transport;

/// <summary>
/// A queue pair of the soft NIC: the state machine, with a <see cref="Requester"/> and a <see cref="Responder"/>.
/// Everything runs under the engine's lock.
/// </summary>
internal sealed partial class SoftQueuePair : NicQueuePair
{
    private readonly SendQueue _sendQueue;
    private readonly ReceiveRing? _receiveRing;
    private readonly Requester _requester;
    private readonly Responder _responder;
    private QueuePairAttributes _attributes;
    private PacketPath?[] _datagramPaths = []; // of each slot of the send queue
    private AddressHandleAttributes[] _datagramAttributes = [];
    private bool _isRegistered;

    private SoftQueuePair(SoftDomain domain, QueuePairRequest request)
        : base(domain)
    {
        GuardsPosts = true; // the release takes the engine's lock, as posts do
        Type = request.Type;
        SignalsAll = request.SignalsAll;
        QueuePairCapabilities asked = request.Capabilities;
        _sendQueue = new SendQueue(
            asked.MaxSendWorkRequests, Math.Max(1, asked.MaxSendElements), asked.MaxInlineBytes);
        SharedReceives = (SoftSharedReceiveQueue?)request.SharedReceiveQueue;
        if (SharedReceives is null)
            _receiveRing = new ReceiveRing(Math.Max(1, asked.MaxReceiveWorkRequests), asked.MaxReceiveElements);
        if (Type == QueuePairType.UnreliableDatagram)
        {
            _datagramPaths = new PacketPath?[_sendQueue.Capacity];
            _datagramAttributes = new AddressHandleAttributes[_sendQueue.Capacity];
        }

        SendCompletions = (SoftCompletionQueue)request.SendCompletionQueue;
        ReceiveCompletions = (SoftCompletionQueue)request.ReceiveCompletionQueue;
        _requester = new Requester(this, _sendQueue);
        _responder = new Responder(this);
    }

    internal QueuePairType Type { get; }

    internal bool SignalsAll { get; }

    internal SoftCompletionQueue SendCompletions { get; }

    internal SoftCompletionQueue ReceiveCompletions { get; }

    internal SoftSharedReceiveQueue? SharedReceives { get; }

    internal State State { get; private set; }

    internal ref readonly QueuePairAttributes Attributes => ref _attributes;

    /// <summary>The way to the peer, from RTR on; of datagram queue pairs null.</summary>
    internal PacketPath? Path
    {
        get;
        private set
        {
            field = value;
            SmallBytes = Type == QueuePairType.ReliableConnected && value is not null ? value.SmallBytes : 0;
        }
    }

    /// <summary>Payload bytes of a full packet to the peer.</summary>
    internal int Unit { get; private set; } = 256;

    /// <summary>Payload bytes of a full packet where a packet came by UDP.</summary>
    internal int PathMtu { get; private set; } = 256;

    /// <summary>Whether the peer has acknowledged anything yet.</summary>
    internal bool HasBeenAnswered { get; set; }

    internal Gid OwnGid { get; private set; }

    internal bool CanSend => State is State.ReadyToSend or State.SendQueueDrain;

    internal bool MayStart => State == State.ReadyToSend;

    internal int WindowLimit => Path?.WindowPackets ?? 1;

    internal long Now => Engine.Now;

    internal override uint Number => QueuePairNumber;

    internal override QueuePairCapabilities Capabilities => new(
        _sendQueue.Capacity,
        _receiveRing?.Capacity ?? 0,
        _sendQueue.MaxElements,
        _receiveRing?.MaxElements ?? 0,
        _sendQueue.MaxInline);

    private uint QueuePairNumber { get; set; }

    /// <summary>Makes a queue pair in the reset state.</summary>
    /// <exception cref="VerbsException">A size is beyond the device's limits, or an object is another
    /// device's.</exception>
    internal static SoftQueuePair Create(SoftDomain domain, QueuePairRequest request)
    {
        Check(domain, request);
        var queuePair = new SoftQueuePair(domain, request);
        try
        {
            queuePair.Register();
            return queuePair;
        }
        catch
        {
            queuePair.Dispose();
            throw;
        }
    }

    internal void MarkPending() => Engine.MarkPending(this);

    internal void Schedule(long due)
    {
        if (due != Deadline)
            Engine.Schedule(this, due);
    }

    internal PacketPath? FindPath(in AddressHandleAttributes vector, uint destination) =>
        Engine.Medium is null
            ? Engine.Connect(vector, destination, isConnected: Type != QueuePairType.UnreliableDatagram)
            : Engine.Medium(vector);

    internal int DatagramPayload(PacketPath path) => Math.Min(path.MaxPayload, BytesOf(Engine.ActiveMtu));

    internal PacketPath? DatagramPath(uint position, out AddressHandleAttributes attributes)
    {
        int index = (int)(position & ((uint)_sendQueue.Capacity - 1));
        attributes = _datagramAttributes[index];
        return _datagramPaths[index];
    }

    /// <summary>Queues a packet of this connection.</summary>
    internal bool TryQueue(PacketPath path, ReadOnlySpan<byte> header, ReadOnlySpan<Block> payload, int padding)
    {
        ref readonly AddressHandleAttributes vector = ref _vector;
        if (!path.TryQueue(header, payload, padding, vector.TrafficClass, vector.HopLimit))
        {
            if (path.MakesWait)
                BlockedOn = path;
            return false;
        }

        Engine.MarkDirty(path);
        return true;
    }

    /// <inheritdoc/>
    internal override bool OnlyAcknowledges => _responder.OnlyAcknowledges && !_requester.HasUnsent;

    /// <inheritdoc/>
    internal override void Acknowledge() => _responder.Acknowledge();

    /// <inheritdoc/>
    internal override bool Transmit()
    {
        try
        {
            bool hasAnswers = _responder.Transmit();
            PacketPath? answersWaitFor = BlockedOn;
            BlockedOn = null;
            bool hasRequests = _requester.Transmit();
            if (hasAnswers && answersWaitFor is null)
                BlockedOn = null; // there is more that need not wait
            else if (!hasRequests)
                BlockedOn = answersWaitFor;
            return hasAnswers || hasRequests;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            FailForGood();
            return false;
        }
    }

    /// <inheritdoc/>
    internal override void OnTimer(long now)
    {
        try
        {
            _requester.OnTimer(now);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            FailForGood();
        }
    }

    /// <inheritdoc/>
    internal override void OnPathDied(PacketPath path)
    {
        if (path != Path || (path.WasNeverTaken && TryTakeUdp()))
            return;
        MarkPending(); // its next turn finds the path dead
    }

    protected override bool ReleaseNative()
    {
        if (!_isRegistered)
            return true;
        Engine.Enter();
        try
        {
            Engine.SendHeldBack();
            Reset();
            Engine.ReleaseQueuePairNumber(this);
        }
        finally
        {
            Engine.Exit();
        }

        SharedReceives?.DangerousRelease();
        ReceiveCompletions.DangerousRelease();
        SendCompletions.DangerousRelease();
        return true;
    }

    private static void Check(SoftDomain domain, QueuePairRequest request)
    {
        QueuePairCapabilities asked = request.Capabilities;
        string verb = $"ibv_create_qp({request.Type}, {asked})";
        string? wrong = asked switch
        {
            { MaxSendWorkRequests: < 0 or > SoftLimits.MaxWorkRequests } =>
                $"max_send_wr is 0 to {SoftLimits.MaxWorkRequests}.",
            { MaxReceiveWorkRequests: < 0 or > SoftLimits.MaxWorkRequests } =>
                $"max_recv_wr is 0 to {SoftLimits.MaxWorkRequests}.",
            { MaxSendElements: < 0 or > SoftLimits.MaxElements } => $"max_send_sge is 0 to {SoftLimits.MaxElements}.",
            { MaxReceiveElements: < 0 or > SoftLimits.MaxElements } =>
                $"max_recv_sge is 0 to {SoftLimits.MaxElements}.",
            { MaxInlineBytes: < 0 or > SoftLimits.MaxInlineBytes } =>
                $"max_inline_data is 0 to {SoftLimits.MaxInlineBytes}.",
            _ when request.Type is not (QueuePairType.ReliableConnected or QueuePairType.UnreliableConnected
                or QueuePairType.UnreliableDatagram) => "The soft NIC has the types RC, UC and UD.",
            _ when (request.SendCompletionQueue as SoftCompletionQueue)?.Context != domain.Context
                || (request.ReceiveCompletionQueue as SoftCompletionQueue)?.Context != domain.Context =>
                "A completion queue belongs to another device.",
            _ when request.SharedReceiveQueue is not null
                && (request.SharedReceiveQueue as SoftSharedReceiveQueue)?.Domain.Context != domain.Context =>
                "The shared receive queue belongs to another device.",
            _ => null,
        };
        if (wrong is not null)
            throw new VerbsException(verb, Errno.EINVAL, wrong);
    }

    private void Register()
    {
        bool sends = false;
        bool receives = false;
        bool shared = false;
        try
        {
            SendCompletions.DangerousAddRef(ref sends);
            ReceiveCompletions.DangerousAddRef(ref receives);
            SharedReceives?.DangerousAddRef(ref shared);
            Engine.Enter();
            try
            {
                QueuePairNumber = Engine.AllocateQueuePairNumber(this);
                _isRegistered = true;
                if (Type == QueuePairType.UnreliableDatagram)
                    Engine.TellHeaders();
            }
            finally
            {
                Engine.Exit();
            }
        }
        finally
        {
            if (!_isRegistered)
            {
                if (shared)
                    SharedReceives!.DangerousRelease();
                if (receives)
                    ReceiveCompletions.DangerousRelease();
                if (sends)
                    SendCompletions.DangerousRelease();
            }
        }
    }

    /// <summary>A defect of ours must cost this queue pair alone.</summary>
    private void FailForGood()
    {
        if (State is State.Reset or State.Error)
            return;
        Engine.Raise(AsyncEventType.QueuePairFatal, this);
        EnterError();
    }
}
