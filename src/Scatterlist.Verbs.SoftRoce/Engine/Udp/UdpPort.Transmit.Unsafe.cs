using System.Runtime.CompilerServices;
using Scatterlist.Verbs.SoftRoce.Interop;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Engine.Udp;

/// <remarks>
/// Packets are copied into one arena, back to back, and get their ICRC there. References to the payload would save the
/// copy, but a program may change its memory at any time, and an ICRC of what was there before makes the packet a lost
/// one: for ever, where a counter is read that never rests. The copy stays in the cache that the CRC reads next.
/// </remarks>
internal sealed unsafe partial class UdpPort
{
    /// <summary>BTH through ICRC of the largest packet.</summary>
    internal const int MaxPacket = HeaderSizes.Longest + 24 + 4096 + HeaderSizes.Icrc;

    private const byte DefaultHopLimit = 64;
    private const int ArenaBytes = 256 << 10;
    private const int MaxMessages = 64;
    private const int MaxSegments = 64; // UDP_MAX_SEGMENTS of Linux before 6.9
    private const int MaxMessageBytes = 65_000; // less than 65507 and 65527, the most that UDP carries
    private const int ControlBytes = 96;

    private readonly byte[] _arena = GC.AllocateUninitializedArray<byte>(ArenaBytes, pinned: true);
    private readonly MultiMessage[] _messages = GC.AllocateArray<MultiMessage>(MaxMessages, pinned: true);
    private readonly Block[] _blocks = GC.AllocateArray<Block>(MaxMessages, pinned: true);
    private readonly byte[] _control = GC.AllocateArray<byte>(MaxMessages * ControlBytes, pinned: true);
    private readonly Outgoing[] _outgoing = new Outgoing[MaxMessages];
    private readonly FaultSource? _faults;
    private byte* _arenaStart;
    private MultiMessage* _messageStart;
    private bool _segments;
    private int _used; // bytes of the arena
    private int _count; // messages
    private int _sent; // of these, how many the kernel has taken

    /// <summary>Whether packets wait that the kernel had no room for: <see cref="Flush"/> again when it has.</summary>
    internal bool IsBlocked => _count != 0;

    internal bool TryQueue(
        UdpPath path, ReadOnlySpan<byte> header, ReadOnlySpan<Block> payload, int padding, byte trafficClass,
        byte hopLimit)
    {
        if (hopLimit == 0)
            hopLimit = DefaultHopLimit; // 0 is no limit that IP allows
        return _faults is null
            ? TryAppend(path, header, payload, padding, trafficClass, hopLimit)
            : TryQueueFaulty(_faults, path, header, payload, padding, trafficClass, hopLimit);
    }

    /// <summary>Gives the kernel what is queued. What it has no room for stays.</summary>
    internal void Flush()
    {
        if (_faults is { HeldPath: not null } faults && _count != 0)
            AppendHeld(faults);
        Send();
    }

    private void Send()
    {
        while (_sent < _count)
        {
            if (_isClosed)
            {
                _sent = _count;
                break;
            }

            // One message is the usual number of a conversation, and the kernel takes it faster by itself.
            int taken = _count - _sent == 1
                ? SendLast() >= 0 ? 1 : -1
                : SocketCalls.SendMultiple(_descriptor, _messageStart + _sent, (uint)(_count - _sent), 0);
            if (taken > 0)
            {
                for (int i = _sent; i < _sent + taken; i++)
                    _counters.Sent += _outgoing[i].Segments;
                _sent += taken;
                continue;
            }

            Errno errno = SocketCalls.LastError();
            switch (errno)
            {
                case Errno.EAGAIN or Errno.ENOBUFS or Errno.ENOMEM:
                    _counters.SendBlocked++;
                    return;
                case Errno.EINTR or Errno.ECONNREFUSED:
                    continue; // an ICMP answer to an earlier packet: the error is reported once
                case Errno.EINVAL or Errno.EIO when _outgoing[_sent].Segments > 1:
                    _segments = false; // no cutting on this way; the transport sends again what is dropped here
                    goto default;
                default:
                    _counters.SendErrors += _outgoing[_sent].Segments;
                    _sent++;
                    break;
            }
        }

        _count = _sent = _used = 0;
    }

    // The last message of a batch. With nothing but an address, sendto(2) has the kernel read less than sendmsg(2).
    private nint SendLast()
    {
        MessageHeader* header = &_messageStart[_sent].Header;
        return header->ControlLength == 0
            ? SocketCalls.SendTo(
                _descriptor, (void*)header->Blocks->Address, header->Blocks->Length, 0, header->Name, header->NameLength)
            : SocketCalls.SendOne(_descriptor, header, 0);
    }

    private bool TryAppend(
        UdpPath path, ReadOnlySpan<byte> header, ReadOnlySpan<Block> payload, int padding, byte trafficClass,
        byte hopLimit)
    {
        int length = header.Length + padding + HeaderSizes.Icrc;
        foreach (Block block in payload)
            length += (int)block.Length;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxPacket); // the engine's error, not a peer's
        if (!TryMakeRoom(path, length, trafficClass, hopLimit, out byte* packet, out int segment))
            return false;

        byte* at = packet;
        header.CopyTo(new Span<byte>(at, header.Length));
        at += header.Length;
        foreach (Block block in payload)
        {
            Unsafe.CopyBlockUnaligned(at, (void*)block.Address, (uint)block.Length);
            at += block.Length;
        }

        for (int i = 0; i < padding; i++)
            *at++ = 0;
        Seal(path, packet, length, segment, trafficClass, hopLimit);
        return true;
    }

    private void Seal(UdpPath path, byte* packet, int length, int segment, byte trafficClass, byte hopLimit)
    {
        uint state = path.HeaderState(length);
        if (segment != 0 && _isIPv4)
            state = Icrc.WithIdentification(state, segment);
        int covered = length - HeaderSizes.Icrc;
        Icrc.Write(packet + covered, Icrc.Compute(state, packet, covered));
        _capture?.Record(
            Local, path.Destination, (ushort)Number, (ushort)Number, trafficClass, hopLimit, (ushort)segment,
            new ReadOnlySpan<byte>(packet, length));
    }

    /// <summary>Finds the place of a packet: the next segment of the last message, or a message of its own.</summary>
    private bool TryMakeRoom(
        UdpPath path, int length, byte trafficClass, byte hopLimit, out byte* packet, out int segment)
    {
        if (_sent != 0 || _used + length > ArenaBytes)
        {
            Send(); // what is left of a batch goes first: it is never added to
            if (_count != 0)
            {
                packet = null;
                segment = 0;
                return false;
            }
        }

        packet = _arenaStart + _used;
        if (_count != 0)
        {
            ref Outgoing last = ref _outgoing[_count - 1];
            if (_segments && last.Path == path && last.TrafficClass == trafficClass && last.HopLimit == hopLimit
                && length <= last.SegmentLength && !last.IsClosed && last.Segments < MaxSegments
                && last.Length + length <= MaxMessageBytes)
            {
                segment = last.Segments++;
                last.Length += length;
                last.IsClosed = length < last.SegmentLength; // only the last segment may be shorter
                _used += length;
                _blocks[_count - 1] = new Block(_arenaStart + last.Offset, (nuint)last.Length);
                if (segment == 1)
                    WriteControl(_count - 1, last);
                return true;
            }
        }

        segment = 0;
        if (_count == MaxMessages)
        {
            Send();
            if (_count != 0)
                return false;
            packet = _arenaStart;
        }

        ref Outgoing message = ref _outgoing[_count];
        message = new Outgoing(path, _used, length, trafficClass, hopLimit);
        _blocks[_count] = new Block(packet, (nuint)length);
        ref MessageHeader native = ref _messages[_count].Header;
        native.Name = path.Address;
        native.NameLength = path.AddressLength;
        WriteControl(_count, message);
        _count++;
        _used += length;
        return true;
    }

    private void WriteControl(int index, in Outgoing message)
    {
        ref MessageHeader native = ref _messages[index].Header;
        byte* start = (byte*)Unsafe.AsPointer(ref _control[index * ControlBytes]);
        byte* at = start;
        if (message.Segments > 1)
        {
            at = AddControl(
                at, SocketCalls.LevelUdp, SocketCalls.UdpSegment, message.SegmentLength, sizeof(ushort));
        }

        int level = _isIPv4 ? SocketCalls.LevelIp : SocketCalls.LevelIpv6;
        if (message.TrafficClass != 0)
        {
            at = AddControl(
                at, level, _isIPv4 ? SocketCalls.IpTos : SocketCalls.Ipv6TrafficClass, message.TrafficClass, sizeof(int));
        }

        if (message.HopLimit != DefaultHopLimit)
        {
            at = AddControl(
                at, level, _isIPv4 ? SocketCalls.IpTtl : SocketCalls.Ipv6HopLimit, message.HopLimit, sizeof(int));
        }

        native.Control = at == start ? null : start;
        native.ControlLength = (nuint)(at - start);
    }

    private static byte* AddControl(byte* at, int level, int type, int value, int bytes)
    {
        var header = (ControlHeader*)at;
        header->Length = (nuint)(sizeof(ControlHeader) + bytes);
        header->Level = level;
        header->Type = type;
        if (bytes == sizeof(ushort))
            *(ushort*)(at + sizeof(ControlHeader)) = (ushort)value;
        else
            *(int*)(at + sizeof(ControlHeader)) = value;
        return at + sizeof(ControlHeader) + sizeof(ulong);
    }

    private bool TryQueueFaulty(
        FaultSource faults, UdpPath path, ReadOnlySpan<byte> header, ReadOnlySpan<Block> payload, int padding,
        byte trafficClass, byte hopLimit)
    {
        // Three packets may come of one; without room for them nothing is drawn, so that a seed means the same each time.
        if (_count + 3 > MaxMessages || _used + (3 * MaxPacket) > ArenaBytes)
        {
            Send();
            if (_count != 0)
                return false;
        }

        if (faults.Loses())
        {
            _counters.Faults++;
            return true;
        }

        if (faults.HeldPath is null && faults.Reorders())
        {
            _counters.Faults++;
            int length = header.Length + padding;
            foreach (Block block in payload)
                length += (int)block.Length;
            Span<byte> at = faults.Hold(path, length, trafficClass, hopLimit);
            header.CopyTo(at);
            at = at[header.Length..];
            foreach (Block block in payload)
            {
                block.AsSpan().CopyTo(at);
                at = at[(int)block.Length..];
            }

            at.Clear();
            return true;
        }

        int copies = faults.Doubles() ? 2 : 1;
        _counters.Faults += copies - 1;
        for (int i = 0; i < copies; i++)
        {
            int before = _used;
            if (!TryAppend(path, header, payload, padding, trafficClass, hopLimit))
                return i != 0;
            if (!faults.Corrupts())
                continue;
            _counters.Faults++;
            int start = before > _used ? 0 : before;
            _arenaStart[start + faults.Next(_used - start)] ^= (byte)(1 << faults.Next(8));
        }

        if (faults.IsOvertaken())
            AppendHeld(faults);
        return true;
    }

    private void AppendHeld(FaultSource faults)
    {
        // The pad bytes went in with the rest.
        if (TryAppend(faults.HeldPath!, faults.Held, [], 0, faults.HeldTrafficClass, faults.HeldHopLimit))
            faults.Release();
    }

    private void PrepareTransmit()
    {
        _arenaStart = (byte*)Unsafe.AsPointer(ref _arena[0]);
        _messageStart = (MultiMessage*)Unsafe.AsPointer(ref _messages[0]);
        for (int i = 0; i < MaxMessages; i++)
        {
            _messages[i].Header.Blocks = (Block*)Unsafe.AsPointer(ref _blocks[i]);
            _messages[i].Header.BlockCount = 1;
        }
    }

    /// <summary>A message to be: one packet, or several of one length that the kernel cuts apart.</summary>
    private struct Outgoing(UdpPath path, int offset, int length, byte trafficClass, byte hopLimit)
    {
        internal readonly UdpPath Path = path;
        internal readonly int Offset = offset;
        internal readonly int SegmentLength = length;
        internal readonly byte TrafficClass = trafficClass;
        internal readonly byte HopLimit = hopLimit;
        internal int Length = length;
        internal int Segments = 1;
        internal bool IsClosed;
    }
}
