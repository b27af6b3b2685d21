using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;
using State = Scatterlist.Verbs.QueuePairState;

namespace Scatterlist.Verbs.SoftRoce.Transport;

internal sealed unsafe partial class SoftQueuePair
{
    private const SendFlags KnownSendFlags =
        SendFlags.Fence | SendFlags.Signaled | SendFlags.Solicited | SendFlags.Inline;

    /// <inheritdoc/>
    internal override Errno PostSend(SendEntry* entries, int count, out int posted)
    {
        Engine.Enter();
        try
        {
            Errno errno = Errno.None;
            for (posted = 0; posted < count; posted++)
            {
                errno = PostOne(entries + posted, isAlone: count == 1);
                if (errno != Errno.None)
                    break;
            }

            if (posted != 0 && _requester.HasUnsent && CanSend)
            {
                if (_requester.Transmit())
                    MarkPending();
                if (Path is { IsReliable: false })
                    Engine.StopHolding(); // it goes along in the same UDP message, for next to nothing
            }

            return errno;
        }
        finally
        {
            Engine.Exit();
        }
    }

    /// <inheritdoc/>
    internal override bool TrySendSmall(ulong id, SendFlags flags, in ScatterGatherEntry piece)
    {
        Engine.Enter();
        try
        {
            return !IsDisposed && State == State.ReadyToSend && !_sendQueue.IsFull
                && _requester.TrySendStraight(id, flags, piece);
        }
        finally
        {
            Engine.Exit();
        }
    }

    /// <inheritdoc/>
    internal override Errno PostReceive(ReceiveEntry* entries, int count, out int posted)
    {
        Engine.Enter();
        try
        {
            Errno errno = Errno.None;
            for (posted = 0; posted < count; posted++)
            {
                errno = PostOne(entries + posted);
                if (errno != Errno.None)
                    break;
            }

            return errno;
        }
        finally
        {
            Engine.Exit();
        }
    }

    private Errno PostOne(ReceiveEntry* entry)
    {
        if (IsDisposed || State == State.Reset || _receiveRing is null)
            return Errno.EINVAL; // with a shared receive queue there is none of its own
        if (State != State.Error)
            return _receiveRing.Post(entry);
        if ((uint)entry->ListLength > (uint)_receiveRing.MaxElements)
            return Errno.EINVAL;
        PushReceiveFlushed(entry->Id);
        return Errno.None;
    }

    private Errno PostOne(SendEntry* named, bool isAlone)
    {
        if (IsDisposed || State < State.ReadyToSend)
            return Errno.EINVAL;
        if (_sendQueue.IsFull)
            return Errno.ENOMEM;
        Errno errno = (named->Flags & InlineByKey) != 0 ? FindInline(named) : Errno.None;
        if (errno != Errno.None)
            return errno;
        ref readonly SendEntry entry = ref *named;
        errno = Validate(entry, out uint length);
        if (errno != Errno.None)
            return errno;
        if (State is State.SendQueueError or State.Error)
        {
            _sendQueue.Add(entry, length);
            _requester.Flush();
            return Errno.None;
        }

        if (State == State.ReadyToSend
            && (_requester.TryGoStraight(entry, length) || (isAlone && _requester.TrySendStraight(entry, length))))
        {
            return Errno.None;
        }

        return Type == QueuePairType.UnreliableDatagram ? PostDatagram(entry, length) : Add(entry, length);
    }

    /// <summary>Turns the keys of inline data into addresses, which are good until the end of the section: they are
    /// read before.</summary>
    private Errno FindInline(SendEntry* entry)
    {
        for (int i = 0; i < entry->ListLength; i++)
        {
            ScatterGatherEntry* element = entry->List + i;
            byte* start = Engine.Regions.TryLocal(
                element->LocalKey, Domain, element->Address, element->Length, AccessFlags.None);
            if (start == null)
                return Errno.EFAULT;
            element->Address = (ulong)start;
        }

        entry->Flags &= ~InlineByKey;
        return Errno.None;
    }

    private Errno Add(in SendEntry entry, uint length)
    {
        _sendQueue.Add(entry, length);
        return Errno.None;
    }

    private Errno PostDatagram(in SendEntry entry, uint length)
    {
        SoftAddressHandle? handle = Engine.FindAddressHandle(entry.AddressHandle);
        if (handle is null || handle.Domain != Domain || entry.RemoteQueuePair > NumberMask)
            return Errno.EINVAL;
        AddressHandleAttributes attributes = handle.Attributes;
        PacketPath? path = FindPath(attributes, entry.RemoteQueuePair);
        if (path is null)
            return Errno.ENETUNREACH;
        if (length > (uint)DatagramPayload(path))
            return Errno.EINVAL;
        int index = (int)(_sendQueue.Tail & ((uint)_sendQueue.Capacity - 1));
        _datagramPaths[index] = path;
        _datagramAttributes[index] = attributes;
        ref SendSlot slot = ref _sendQueue.Add(entry, length);
        slot.RemoteQueuePair = entry.RemoteQueuePair;
        slot.RemoteKey = entry.RemoteQueueKey;
        return Errno.None;
    }

    private Errno Validate(in SendEntry entry, out uint length)
    {
        length = 0;
        if (((SendFlags)entry.Flags & ~KnownSendFlags) != 0 || !IsSupported((WorkRequestOpcode)entry.Opcode))
            return Errno.EINVAL;
        if ((uint)entry.ListLength > (uint)_sendQueue.MaxElements)
            return Errno.EINVAL;
        ulong sum = LocalElements.LengthOf(new ReadOnlySpan<ScatterGatherEntry>(entry.List, entry.ListLength));
        if (sum > SoftLimits.MaxMessageSize)
            return Errno.EINVAL;
        length = (uint)sum;
        var opcode = (WorkRequestOpcode)entry.Opcode;
        bool inline = ((SendFlags)entry.Flags & SendFlags.Inline) != 0;
        switch (opcode)
        {
            case WorkRequestOpcode.CompareAndSwap:
            case WorkRequestOpcode.FetchAndAdd:
                return inline || length != sizeof(ulong) || _attributes.MaxReadAtomic == 0 ? Errno.EINVAL : Errno.None;
            case WorkRequestOpcode.RdmaRead:
                return inline || _attributes.MaxReadAtomic == 0 ? Errno.EINVAL : Errno.None;
            case WorkRequestOpcode.LocalInvalidate:
                return entry.ListLength == 0 ? Errno.None : Errno.EINVAL;
            default:
                return inline && length > (uint)_sendQueue.MaxInline ? Errno.EINVAL : Errno.None;
        }
    }

    private bool IsSupported(WorkRequestOpcode opcode) => opcode switch
    {
        WorkRequestOpcode.Send or WorkRequestOpcode.SendWithImmediate => true,
        WorkRequestOpcode.RdmaWrite or WorkRequestOpcode.RdmaWriteWithImmediate =>
            Type != QueuePairType.UnreliableDatagram,
        WorkRequestOpcode.RdmaRead or WorkRequestOpcode.CompareAndSwap or WorkRequestOpcode.FetchAndAdd
            or WorkRequestOpcode.SendWithInvalidate or WorkRequestOpcode.LocalInvalidate =>
            Type == QueuePairType.ReliableConnected,
        _ => false,
    };
}
