using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Scatterlist.Verbs.SoftRoce.Interop;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Engine.Udp;

/// <remarks>
/// The kernel gives messages of up to 64 KiB, in which it has put packets of one sender and one length together
/// (UDP_GRO). They are cut, checked and handed on where they lie.
/// </remarks>
internal sealed unsafe partial class UdpPort
{
    private const int BufferCount = 16;
    private const int BufferBytes = 64 << 10;
    private const int ReceivedControlBytes = 128;
    private const int SinglesOfConversation = 64;
    private const int RowOfStream = 4; // fewer are a message and an acknowledgement that goes along with it
    private const int MinPacket = HeaderSizes.Base + HeaderSizes.Icrc;

    private readonly byte[] _buffers = GC.AllocateUninitializedArray<byte>(BufferCount * BufferBytes, pinned: true);
    private readonly MultiMessage[] _arrivals = GC.AllocateArray<MultiMessage>(BufferCount, pinned: true);
    private readonly Block[] _arrivalBlocks = GC.AllocateArray<Block>(BufferCount, pinned: true);
    private readonly byte[] _arrivalControl =
        GC.AllocateArray<byte>(BufferCount * ReceivedControlBytes, pinned: true);

    private readonly SocketAddressV6[] _senders = GC.AllocateArray<SocketAddressV6>(BufferCount, pinned: true);
    private readonly IcrcChecker _checker = new();
    private MultiMessage* _arrivalStart;
    private bool _comeSingly; // messages: the last look found one at most ...
    private int _inRow; // ... and so many since a look that found nothing, while they do
    private int _singles; // messages since several came
    private bool _mergesNothing; // the kernel was told so

    /// <summary>Whether messages are taken one at a time, as the answers in a conversation come.</summary>
    internal bool IsInConversation => _mergesNothing;

    /// <summary>Takes what has come, up to about <paramref name="budget"/> packets, and gives the good ones on.</summary>
    /// <returns>Packets that came, good or bad; 0 when none waits.</returns>
    internal int Receive(IPacketHandler handler, int budget)
    {
        int packets = 0;
        if (_comeSingly && !_isClosed)
            return ReceiveSingly(handler);
        int taken = 0;
        while (packets < budget && !_isClosed)
        {
            int room = Math.Min(BufferCount, budget - packets);
            int messages = SocketCalls.ReceiveMultiple(
                _descriptor, _arrivalStart, (uint)room, SocketCalls.DontWait, null);
            if (messages <= 0)
                break; // nothing waits, or an ICMP answer to what was sent, which the transport's timers see to
            for (int i = 0; i < messages; i++)
            {
                packets += Cut(handler, i);
                Prepare(i);
            }

            taken += messages;
            if (messages < room)
                break;
        }

        _comeSingly = taken <= 1;
        _inRow = 0;
        return packets;
    }

    /// <summary>
    /// Takes one message. The answer in a conversation is alone, and asking for several takes longer, the more so when
    /// there is none.
    /// </summary>
    private int ReceiveSingly(IPacketHandler handler)
    {
        // An empty look by recvfrom(2) takes two thirds of one by recvmsg(2), and a conversation is made of such looks.
        MessageHeader* header = &_arrivalStart->Header;
        nint length = _mergesNothing
            ? SocketCalls.ReceiveFrom(
                _descriptor, (void*)header->Blocks->Address, header->Blocks->Length, SocketCalls.DontWait, header->Name,
                &header->NameLength)
            : SocketCalls.ReceiveOne(_descriptor, header, SocketCalls.DontWait);
        if (length < 0)
        {
            _inRow = 0;
            return 0;
        }

        if (_mergesNothing)
            header->ControlLength = 0;
        _arrivalStart->Length = (uint)length;
        int packets = Cut(handler, 0);
        Prepare(0);
        if (++_inRow >= RowOfStream)
        {
            _comeSingly = false;
            Merge(true);
        }
        else if (!_mergesNothing && ++_singles >= SinglesOfConversation && !TellsHeaders)
        {
            Merge(false);
        }

        return packets;
    }

    /// <summary>
    /// Whether the kernel puts packets together. It tells their length beside the message, which recvfrom(2) cannot get:
    /// what it had put together before it was told not to, in the instant between, is lost like any other packet.
    /// </summary>
    private void Merge(bool merges)
    {
        _singles = 0;
        if (_mergesNothing == !merges)
            return;
        _mergesNothing = !merges;
        UdpSocket.Merge(_descriptor, merges);
    }

    private int Cut(IPacketHandler handler, int index)
    {
        ref MultiMessage arrival = ref _arrivalStart[index];
        int left = (int)arrival.Length;
        if ((arrival.Header.Flags & SocketCalls.MessageTruncated) != 0 || !TryReadSender(index, out Gid source, out ushort port))
        {
            _counters.Malformed++;
            return 1;
        }

        ReadControl(arrival.Header, out byte trafficClass, out byte hopLimit, out int segmentLength);
        if (segmentLength <= 0)
            segmentLength = left;
        byte* at = (byte*)_arrivalBlocks[index].Address;
        int segment = 0;
        do
        {
            int length = Math.Min(segmentLength, left);
            Take(handler, at, length, segment, source, port, trafficClass, hopLimit);
            at += length;
            left -= length;
            segment++;
        }
        while (left > 0);
        return segment;
    }

    private void Take(
        IPacketHandler handler, byte* packet, int length, int segment, in Gid source, ushort port, byte trafficClass,
        byte hopLimit)
    {
        if (length < MinPacket)
        {
            _counters.TooShort++;
            return;
        }

        int identification = _checker.Check(packet, length, segment, source, Local, port, (ushort)Number);
        _capture?.Record(
            source, Local, port, (ushort)Number, trafficClass, hopLimit, (ushort)Math.Max(identification, 0),
            new ReadOnlySpan<byte>(packet, length));
        if (identification < 0)
        {
            _counters.BadIcrc++;
            return;
        }

        _counters.Received++;
        var received = new ReceivedPacket(
            packet, length - HeaderSizes.Icrc, source, Local, trafficClass, hopLimit, path: null);
        handler.OnPacket(received);
    }

    private bool TryReadSender(int index, out Gid source, out ushort port)
    {
        ref SocketAddressV6 sender = ref _senders[index];
        port = BinaryPrimitives.ReverseEndianness(sender.Port);
        Span<byte> bytes = stackalloc byte[Gid.Size];
        if (_isIPv4 && sender.Family == SocketCalls.AfInet)
        {
            bytes.Clear();
            bytes[10] = bytes[11] = 0xff;
            Unsafe.WriteUnaligned(ref bytes[12], Unsafe.As<SocketAddressV6, SocketAddressV4>(ref sender).Address);
        }
        else if (!_isIPv4 && sender.Family == SocketCalls.AfInet6)
        {
            fixed (byte* address = sender.Address)
                new ReadOnlySpan<byte>(address, Gid.Size).CopyTo(bytes);
        }
        else
        {
            source = default;
            return false;
        }

        source = new Gid(bytes);
        return true;
    }

    private void ReadControl(
        in MessageHeader header, out byte trafficClass, out byte hopLimit, out int segmentLength)
    {
        trafficClass = 0;
        hopLimit = DefaultHopLimit;
        segmentLength = 0;
        var at = (byte*)header.Control;
        nuint left = header.ControlLength;
        while (left >= (nuint)sizeof(ControlHeader))
        {
            var control = (ControlHeader*)at;
            byte* data = at + sizeof(ControlHeader);
            nuint length = control->Length;
            if (length < (nuint)sizeof(ControlHeader) + 1 || length > left)
                break;
            switch (control->Level, control->Type)
            {
                case (SocketCalls.LevelIp, SocketCalls.IpTos):
                    trafficClass = *data; // one byte on receive
                    break;
                case (SocketCalls.LevelIp, SocketCalls.IpTtl):
                case (SocketCalls.LevelIpv6, SocketCalls.Ipv6HopLimit):
                    hopLimit = (byte)Unsafe.ReadUnaligned<int>(data);
                    break;
                case (SocketCalls.LevelIpv6, SocketCalls.Ipv6TrafficClass):
                    trafficClass = (byte)Unsafe.ReadUnaligned<int>(data);
                    break;
                case (SocketCalls.LevelUdp, SocketCalls.UdpGro):
                    segmentLength = Unsafe.ReadUnaligned<int>(data);
                    break;
            }

            nuint step = (length + 7) & ~(nuint)7;
            if (step >= left)
                break;
            at += step;
            left -= step;
        }
    }

    private void Prepare(int index)
    {
        ref MessageHeader header = ref _arrivals[index].Header;
        header.NameLength = (uint)sizeof(SocketAddressV6);
        header.ControlLength = ReceivedControlBytes;
        header.Flags = 0;
    }

    private void PrepareReceive()
    {
        _arrivalStart = (MultiMessage*)Unsafe.AsPointer(ref _arrivals[0]);
        for (int i = 0; i < BufferCount; i++)
        {
            _arrivalBlocks[i] = new Block(Unsafe.AsPointer(ref _buffers[i * BufferBytes]), BufferBytes);
            ref MessageHeader header = ref _arrivals[i].Header;
            header.Name = Unsafe.AsPointer(ref _senders[i]);
            header.Blocks = (Block*)Unsafe.AsPointer(ref _arrivalBlocks[i]);
            header.BlockCount = 1;
            header.Control = Unsafe.AsPointer(ref _arrivalControl[i * ReceivedControlBytes]);
            Prepare(i);
        }
    }
}
