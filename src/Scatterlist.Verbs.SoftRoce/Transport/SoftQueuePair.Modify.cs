using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;
using Mask = Scatterlist.Verbs.QueuePairAttributeMask;
using State = Scatterlist.Verbs.QueuePairState;

namespace Scatterlist.Verbs.SoftRoce.Transport;

internal sealed partial class SoftQueuePair
{
    private const byte MaxTimerCode = 31;
    private const byte MaxRetries = 7;
    private const uint NumberMask = 0xff_ffff;
    private const AccessFlags KnownAccess =
        AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;

    private AddressHandleAttributes _vector;

    /// <summary>The way to the peer, of connected queue pairs.</summary>
    internal ref readonly AddressHandleAttributes Vector => ref _vector;

    /// <inheritdoc/>
    internal override Errno Modify(in QueuePairAttributes attributes, Mask mask)
    {
        Engine.Enter();
        try
        {
            State target = (mask & Mask.State) != 0 ? attributes.State : State;
            if (IsDisposed && target != State.Error)
                return Errno.EINVAL; // work that somebody waits for is still to be flushed, and nothing else
            if ((mask & Mask.CurrentState) != 0 && attributes.CurrentState != State)
                return Errno.EINVAL;
            if (!QueuePairTransitions.Allows(Type, State, target, mask) || !AreValid(attributes, mask))
                return Errno.EINVAL;
            if (target != State)
                Engine.SendHeldBack(); // the peer is not to suffer from what its packets came before
            return Apply(attributes, mask, target);
        }
        finally
        {
            Engine.Exit();
        }
    }

    /// <inheritdoc/>
    internal override Errno Query(Mask mask, out QueuePairAttributes attributes)
    {
        Engine.Enter();
        try
        {
            attributes = _attributes;
            attributes.State = State;
            attributes.CurrentState = State;
            attributes.Capabilities = Capabilities;
            attributes.IsDraining = State == State.SendQueueDrain && _requester.IsBusy;
            if (State >= State.ReadyToSend)
                attributes.SendPsn = _requester.NextPsn;
            if (State >= State.ReadyToReceive)
                attributes.ReceivePsn = _responder.ExpectedPsn;
            return Errno.None;
        }
        finally
        {
            Engine.Exit();
        }
    }

    /// <summary>The requester has completed a request with an error; the rest of the queue goes with it.</summary>
    internal void OnSendFailed()
    {
        if (Type == QueuePairType.ReliableConnected)
        {
            EnterError();
            return;
        }

        State = State.SendQueueError; // unreliable services go on receiving
        _requester.Flush();
    }

    /// <summary>Flushes both queues. What the responder still has to say to the peer is said.</summary>
    /// <param name="answersReads">Whether that is also the data of reads that were taken before.</param>
    internal void EnterError(bool answersReads = false)
    {
        if (!answersReads)
            _responder.DropReads();
        if (State == State.Error)
            return;
        State = State.Error;
        Engine.RevokeQueuePair(this);
        Schedule(long.MaxValue);
        _requester.Flush();
        _responder.Flush();
        FlushReceives();
        if (SharedReceives is not null)
            Engine.Raise(AsyncEventType.QueuePairLastWorkRequestReached, this);
    }

    internal bool TryTakeReceive(out ulong id, Span<ScatterGatherEntry> elements, out int count) =>
        SharedReceives is null
            ? _receiveRing!.TryTake(out id, elements, out count)
            : SharedReceives.TryTake(out id, elements, out count);

    private bool AreValid(in QueuePairAttributes attributes, Mask mask)
    {
        if (Has(Mask.PKeyIndex) && attributes.PartitionKeyIndex != 0)
            return false;
        if (Has(Mask.Port) && attributes.Port != 1)
            return false;
        if (Has(Mask.AccessFlags) && (attributes.AccessFlags & ~KnownAccess) != 0)
            return false;
        if (Has(Mask.PathMtu)
            && (attributes.PathMtu is < Mtu.Bytes256 or > Mtu.Bytes4096 || attributes.PathMtu > Engine.ActiveMtu))
        {
            return false;
        }

        return (!Has(Mask.DestinationQueuePairNumber) || attributes.DestinationQueuePairNumber <= NumberMask)
            && (!Has(Mask.ReceivePsn) || attributes.ReceivePsn <= NumberMask)
            && (!Has(Mask.SendPsn) || attributes.SendPsn <= NumberMask)
            && (!Has(Mask.Timeout) || attributes.Timeout <= MaxTimerCode)
            && (!Has(Mask.MinRnrTimer) || attributes.MinRnrTimer <= MaxTimerCode)
            && (!Has(Mask.RetryCount) || attributes.RetryCount <= MaxRetries)
            && (!Has(Mask.RnrRetry) || attributes.RnrRetry <= MaxRetries)
            && (!Has(Mask.MaxReadAtomic) || attributes.MaxReadAtomic <= SoftLimits.MaxReadAtomic)
            && (!Has(Mask.MaxDestinationReadAtomic)
                || attributes.MaxDestinationReadAtomic <= SoftLimits.MaxReadAtomic)
            && (!Has(Mask.AddressVector) || IsReachable(attributes.AddressVector));

        bool Has(Mask one) => (mask & one) != 0;
    }

    private bool IsReachable(in AddressHandleAttributes vector) =>
        vector is { IsGlobal: true, Port: 1, Destination.IsZero: false }
        && vector.SourceGidIndex < Engine.Gids.Count
        && vector.Destination.IsIPv4 == Engine.Gids[vector.SourceGidIndex].Gid.IsIPv4;

    private Errno Apply(in QueuePairAttributes attributes, Mask mask, State target)
    {
        if (target == State.Reset)
        {
            Reset();
            return Errno.None;
        }

        if (target == State.Error)
        {
            EnterError();
            return Errno.None;
        }

        State before = State;
        if ((mask & Mask.AddressVector) != 0 && before == State.SendQueueDrain && _requester.IsBusy)
            return Errno.EINVAL; // requests under way are cut to the packets of the old path
        QueuePairAttributes changed = Merge(attributes, mask);
        if ((mask & Mask.AddressVector) != 0)
        {
            Errno errno = Connect(changed);
            if (errno != Errno.None)
                return errno;
        }

        if ((mask & Mask.AddressVector) != 0)
            _requester.TakePath();
        if (changed.AccessFlags != _attributes.AccessFlags)
            Engine.RevokeQueuePair(this);
        _attributes = changed;
        State = target;
        _requester.SetTimeout(changed.Timeout);
        if ((mask & Mask.MaxDestinationReadAtomic) != 0)
            _responder.SetResources(changed.MaxDestinationReadAtomic);
        switch (before, target)
        {
            case (State.Init, State.ReadyToReceive):
                _responder.Start(changed.ReceivePsn);
                break;
            case (State.ReadyToReceive, State.ReadyToSend):
                _requester.Start(changed.SendPsn);
                break;
            case (State.ReadyToSend, State.SendQueueDrain):
                _requester.Drain((mask & Mask.EnableDrainedEvent) != 0 && changed.EnableDrainedEvent);
                break;
            case (State.SendQueueDrain or State.SendQueueError, State.ReadyToSend):
                _requester.Drain(raiseEvent: false); // it goes on: nobody waits for that any more
                MarkPending();
                break;
        }

        return Errno.None;
    }

    private QueuePairAttributes Merge(in QueuePairAttributes from, Mask mask)
    {
        QueuePairAttributes to = _attributes;
        if ((mask & Mask.EnableDrainedEvent) != 0)
            to.EnableDrainedEvent = from.EnableDrainedEvent;
        if ((mask & Mask.AccessFlags) != 0)
            to.AccessFlags = from.AccessFlags;
        if ((mask & Mask.PKeyIndex) != 0)
            to.PartitionKeyIndex = from.PartitionKeyIndex;
        if ((mask & Mask.Port) != 0)
            to.Port = from.Port;
        if ((mask & Mask.QKey) != 0)
            to.QueueKey = from.QueueKey;
        if ((mask & Mask.AddressVector) != 0)
            to.AddressVector = from.AddressVector;
        if ((mask & Mask.PathMtu) != 0)
            to.PathMtu = from.PathMtu;
        if ((mask & Mask.Timeout) != 0)
            to.Timeout = from.Timeout;
        if ((mask & Mask.RetryCount) != 0)
            to.RetryCount = from.RetryCount;
        if ((mask & Mask.RnrRetry) != 0)
            to.RnrRetry = from.RnrRetry;
        if ((mask & Mask.ReceivePsn) != 0)
            to.ReceivePsn = from.ReceivePsn;
        if ((mask & Mask.MaxReadAtomic) != 0)
            to.MaxReadAtomic = from.MaxReadAtomic;
        if ((mask & Mask.MinRnrTimer) != 0)
            to.MinRnrTimer = from.MinRnrTimer;
        if ((mask & Mask.SendPsn) != 0)
            to.SendPsn = from.SendPsn;
        if ((mask & Mask.MaxDestinationReadAtomic) != 0)
            to.MaxDestinationReadAtomic = from.MaxDestinationReadAtomic;
        if ((mask & Mask.DestinationQueuePairNumber) != 0)
            to.DestinationQueuePairNumber = from.DestinationQueuePairNumber;
        return to;
    }

    private Errno Connect(in QueuePairAttributes attributes)
    {
        AddressHandleAttributes vector = attributes.AddressVector;
        PacketPath? path = FindPath(vector, attributes.DestinationQueuePairNumber);
        if (path is null)
            return Errno.ENETUNREACH;
        int mtu = BytesOf(attributes.PathMtu);
        if (mtu > path.MaxPayload)
            return Errno.EINVAL;
        Path = path;
        PathMtu = mtu;
        Unit = UnitOf(path);
        _vector = vector;
        OwnGid = Engine.Gids[vector.SourceGidIndex].Gid;
        _responder.ForgetPath();
        return Errno.None;
    }

    /// <summary>The peer turned the channel away, for want of descriptors: as if there had never been one.</summary>
    private bool TryTakeUdp()
    {
        if (HasBeenAnswered || Engine.ConnectByUdp(_vector) is not { } path || PathMtu > path.MaxPayload)
            return false;
        Path = path;
        Unit = UnitOf(path);
        _requester.StartOver();
        MarkPending();
        return true;
    }

    /// <summary>Payload bytes of a full packet by a path. Both ends of a path say the same.</summary>
    internal int UnitOf(PacketPath? path) => path is { IsReliable: true } ? path.MaxPayload : PathMtu;

    private static int BytesOf(Mtu mtu) => 128 << (int)mtu;

    private void Reset()
    {
        State = State.Reset;
        Engine.RevokeQueuePair(this);
        _attributes = default;
        _requester.Clear();
        _responder.Clear();
        _receiveRing?.Clear();
        Path = null;
        WaitsFor = null;
        HasBeenAnswered = false;
        Array.Clear(_datagramPaths);
        Schedule(long.MaxValue);
    }

    private void FlushReceives()
    {
        if (_receiveRing is null)
            return;
        Span<ScatterGatherEntry> elements = stackalloc ScatterGatherEntry[SoftLimits.MaxElements];
        while (_receiveRing.TryTake(out ulong id, elements, out _))
            PushReceiveFlushed(id);
    }

    private void PushReceiveFlushed(ulong id) => ReceiveCompletions.Push(
        new WorkCompletion(id, CompletionStatus.WorkRequestFlushedError, CompletionOpcode.Receive, Number),
        solicited: true);
}
