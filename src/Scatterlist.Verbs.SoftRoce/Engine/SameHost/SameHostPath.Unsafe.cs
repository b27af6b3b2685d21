using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Scatterlist.HostFd;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>
/// One end of a channel between two NICs of one user on one host: a ring for each direction, and a socket that wakes,
/// carries descriptors and hangs up when the peer dies. All queue pairs of the two NICs share it. Not thread-safe: the
/// engine's lock guards it.
/// </summary>
internal sealed unsafe partial class SameHostPath : PacketPath
{
    // A peer that floods its socket is read this far at a time.
    private const int MaxMessagesAtOnce = 64;

    private static readonly byte[] WakeMessage = [(byte)ControlKind.Wake];

    private readonly SameHostService _service;
    private readonly UnixSocket _socket;
    private readonly ChannelMemory _memory;
    private readonly RingProducer _producer;
    private readonly RingConsumer _consumer;
    private readonly GrantLender _lender;
    private GrantBorrower? _borrower;
    private ulong _noticesSeen;
    private ulong _noticesSent;
    private bool _queued; // since the last flush
    private bool _wantsRoom;
    private bool _hungUp;
    private bool _dead;
    private bool _released;
    private bool _goesWithoutGrants;

    /// <summary>Takes over the socket, the memory and the table.</summary>
    internal SameHostPath(
        SameHostService service, UnixSocket socket, ChannelMemory memory, GrantLender lender, in Gid local,
        in Gid remote, long remoteSlot)
    {
        _service = service;
        _socket = socket;
        _memory = memory;
        _lender = lender;
        _producer = new RingProducer(memory.OutgoingRing, memory.RingBytes, memory.PeerHead);
        _consumer = new RingConsumer(memory.IncomingRing, memory.RingBytes, memory.OwnHead);
        Local = local;
        Remote = remote;
        RemoteSlot = remoteSlot;
        lender.Attach(this, memory.PeerHazard);
        if (service.IsSleeping)
            StartSleep(); // before the peer can send
    }

    internal Gid Local { get; }

    internal Gid Remote { get; }

    /// <summary>Which of the NICs at the remote address; minus one for all.</summary>
    internal long RemoteSlot { get; }

    /// <summary>The number by which the service's epoll names it.</summary>
    internal long Id { get; set; }

    internal UnixSocket Socket => _socket;

    internal GrantLender Lender => _lender;

    internal override int MaxPayload => Frame.MaxPayload;

    internal override bool IsReliable => true;

    internal override bool IsDead => _dead;

    /// <summary>Whether the peer is gone; what it sent before may still wait.</summary>
    internal bool IsHungUp => _hungUp || _dead;

    internal override bool WasNeverTaken => _released && !WasMet;

    internal override bool HasUnread => !_dead && _producer.Used != 0;

    internal override bool MakesWait => true;

    internal override bool HasRoom => IsHungUp || _producer.HasRoomForAny() || _producer.IsBroken;

    internal override DirectAccess? Direct => _borrower;

    /// <summary>Whether a <see cref="Poll"/> would find nothing new.</summary>
    internal bool IsQuiet => _consumer.IsEmpty && !_hungUp;

    /// <summary>Whether the peer may do something that was told by its socket and not read yet.</summary>
    internal bool HasNotice => !_dead && Volatile.Read(ref *_memory.PeerNotices) != _noticesSeen;

    internal override bool TryQueue(
        ReadOnlySpan<byte> header, ReadOnlySpan<Block> payload, int padding, byte trafficClass, byte hopLimit)
    {
        if (IsHungUp)
            return true;
        if (_producer.TryAdd(header, payload, padding, trafficClass, hopLimit))
        {
            _queued = true;
            _wantsRoom = false;
            return true;
        }

        _wantsRoom = true;
        if (_producer.IsBroken)
        {
            Break();
            return true;
        }

        if (!_service.IsSleeping || Volatile.Read(ref *_memory.OwnWaiting) != 0)
            return false;
        StartSleep(); // for the thread that sleeps: it did not know that anybody would wait for room
        Interlocked.MemoryBarrier();
        return _producer.HasRoomForAny() && TryQueue(header, payload, padding, trafficClass, hopLimit);
    }

    internal override uint SmallBytes => RingProducer.MaxSmallPayload;

    internal override bool TrySendSmall(
        (ulong First, uint Last) header, Block payload, byte trafficClass, byte hopLimit)
    {
        if (payload.Length > RingProducer.MaxSmallPayload || IsHungUp
            || !_producer.TryPublishSmall(header, payload, trafficClass, hopLimit))
        {
            return false;
        }

        FinishFlush();
        return true;
    }

    internal override void Flush()
    {
        if (!_queued || _dead)
            return;
        _queued = false;
        _producer.Publish();
        FinishFlush();
    }

    private void FinishFlush()
    {
        Interlocked.MemoryBarrier(); // the packets before the look, as the peer's flag is before its last look
        if (Volatile.Read(ref *_memory.PeerSleeping) != 0)
            Wake(_memory.PeerSleeping);
        _producer.ClearAhead();
    }

    internal override void OfferGrant(in GrantOffer offer)
    {
        if (!IsHungUp)
            _lender.Offer(in offer);
    }

    /// <summary>Hands over packets that have come, at most so many.</summary>
    /// <param name="handler">Who gets them.</param>
    /// <param name="budget">How many at most.</param>
    /// <param name="header">Private memory for the headers: <see cref="ReceivedPacket.HeaderCapacity"/>
    /// bytes.</param>
    internal int Poll(IPacketHandler handler, int budget, byte* header)
    {
        int count = 0;
        while (count < budget && TryPollOne(handler, header))
            count++;
        if (count != 0)
            return count;
        _consumer.TellPosition();
        if (_hungUp || _consumer.IsBroken)
            Break(); // nothing more will come
        return 0;
    }

    /// <summary>
    /// Hands over the next packet, for who has seen that there is something. By itself, and not by way of
    /// <see cref="Poll"/>: what that has for the end of a path would be on the way of each small message. False: what
    /// there is, is for that.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryPollOne(IPacketHandler handler, byte* header)
    {
        if (_dead || !_consumer.TryPeek(out Frame frame, out byte* packet))
            return false;
        if (!TryHandOverSmall(handler, frame, packet))
            HandOver(handler, frame, packet, header);
        Leave(frame);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryHandOverSmall(IPacketHandler handler, Frame frame, byte* packet) => frame.IsSmall
        && PlainSend.TryRead(packet, frame.Length, out PlainSend send) && handler.TryTakeSmall(send, this);

    [MethodImpl(MethodImplOptions.NoInlining)] // else the locals of this are cleared for each small message too
    private void HandOver(IPacketHandler handler, Frame frame, byte* packet, byte* header)
    {
        byte* bytes = header;
        if (frame.IsSmall)
        {
            // Not a byte of the next line: it is where the peer is about to write.
            Unsafe.CopyBlockUnaligned(header, packet, Frame.MaxHeader);
        }
        else
        {
            Unsafe.CopyBlockUnaligned(header, packet, ReceivedPacket.HeaderCapacity);
            bytes = frame.Length <= ReceivedPacket.HeaderCapacity ? header : packet;
        }

        handler.OnPacket(new ReceivedPacket(
            header, bytes, frame.Length, Remote, Local, frame.TrafficClass, frame.HopLimit, this));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Leave(Frame frame)
    {
        if (!_consumer.Advance(frame))
            return;
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref *_memory.PeerWaiting) != 0)
            Wake(_memory.PeerWaiting);
    }

    /// <summary>Says what to be woken for. The caller fences, and then asks <see cref="MustStayAwake"/>.</summary>
    internal void StartSleep()
    {
        if (_dead)
            return;
        Volatile.Write(ref *_memory.OwnSleeping, 1);
        if (_wantsRoom)
            Volatile.Write(ref *_memory.OwnWaiting, 1);
    }

    /// <summary>Whether something has come, or there is room for what waits.</summary>
    internal bool MustStayAwake()
    {
        if (_dead)
            return false;
        if (!IsQuiet)
            return true;
        if (!_wantsRoom || !_producer.HasRoomForAny())
            return false;
        _wantsRoom = false;
        return true;
    }

    internal void EndSleep()
    {
        if (_dead)
            return;
        Volatile.Write(ref *_memory.OwnSleeping, 0);
        Volatile.Write(ref *_memory.OwnWaiting, 0);
    }

    /// <summary>Frees everything. For a time when no packet of the path is being handled.</summary>
    internal void Release()
    {
        if (_released)
            return;
        _released = true;
        _dead = true;
        _borrower?.Release();
        _lender.Dispose();
        _socket.Dispose();
        _memory.Dispose();
    }

    /// <summary>Gives the peer up. Memory that a caller further up may be using stays until the service reaps
    /// it.</summary>
    internal void Break()
    {
        if (_dead)
            return;
        _dead = true;
        _hungUp = true;
        _service.OnDead(this);
    }

    private void Wake(ulong* flag)
    {
        if (Interlocked.Exchange(ref *flag, 0) != 0)
            SendWake();
    }

    /// <summary>A full socket is readable at the other end, and wakes it as well.</summary>
    private void SendWake()
    {
        IoResult sent = _socket.SendMsg(WakeMessage, default, MessageFlags.DontWait);
        if (sent.Errno is Errno.EPIPE or Errno.ECONNRESET)
            _hungUp = true;
    }
}
