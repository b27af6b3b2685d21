using System.Runtime.CompilerServices;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>
/// The end of a ring that packets go into. Packets become visible when they are published; the first of a batch is
/// published last, by one release store, and the others with it. Not thread-safe.
/// </summary>
internal sealed unsafe class RingProducer(byte* ring, nuint bytes, ulong* head)
{
    // Short enough that the other end copies out what is still in the nearest cache that both share.
    private const uint MaxUnpublished = 16 * 1024;

    /// <summary>Payload that fits into a line with the frame's word and a BTH.</summary>
    internal const int MaxSmallPayload = Frame.MaxHeader - HeaderSizes.Base;

    private const uint ClearedAhead = 8 * Frame.Alignment;

    private readonly byte* _ring = ring;
    private readonly ulong* _head = head;
    private readonly ulong _mask = bytes - 1;
    private readonly ulong _capacity = bytes;
    private ulong _tail;
    private ulong _knownHead;
    private ulong _cleared = Frame.Alignment; // no frame's word from the tail to here looks like one; new memory is 0
    private ulong _unpublished; // where the first frame lies that is not published
    private ulong _firstWord; // and its word; 0 when there is none

    /// <summary>Whether the other end says what cannot be.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Bytes that are not consumed yet, as far as the other end has told.</summary>
    internal ulong Used => _tail - Volatile.Read(ref *_head);

    /// <summary>Copies one packet into the ring; false when there is no room.</summary>
    internal bool TryAdd(
        ReadOnlySpan<byte> header, ReadOnlySpan<Block> payload, int padding, byte trafficClass, byte hopLimit)
    {
        nuint bytes = 0;
        foreach (ref readonly Block block in payload)
            bytes += block.Length;
        if (header.Length > Frame.MaxHeader || bytes > Frame.MaxPayload || (uint)padding > 3)
            throw new ArgumentOutOfRangeException(nameof(payload), "A frame cannot hold the packet.");

        int length = header.Length + (int)bytes + padding;
        int start = Frame.StartOf(header.Length, length);
        uint size = Frame.SizeOf(start, length);
        if (!HasRoom(size))
        {
            Publish(); // so that the other end can make room
            return false;
        }

        // Before anything is written into the frame: a consumer that spins takes the frame's line back whenever it can,
        // so its stores had better follow one another, with none between them that waits for another line.
        ulong next = _tail + size;
        ClearWord(next);

        byte* frame = _ring + (_tail & _mask);
        byte* place = frame + start;
        Unsafe.CopyBlockUnaligned(ref *place, in header.GetPinnableReference(), (uint)header.Length);
        place += header.Length;
        foreach (ref readonly Block block in payload)
        {
            Unsafe.CopyBlockUnaligned(place, (void*)block.Address, (uint)block.Length);
            place += block.Length;
        }

        for (int i = 0; i < padding; i++)
            place[i] = 0;

        ulong word = new Frame(start, length, trafficClass, hopLimit).Word;
        if (_firstWord == 0)
        {
            _unpublished = _tail;
            _firstWord = word;
        }
        else
        {
            *(ulong*)frame = word;
        }

        _tail = next;
        if (next - _unpublished >= MaxUnpublished)
            Publish();
        return true;
    }

    /// <summary>
    /// Writes a packet whose frame is one line, and makes it visible. Straight into the frame and by few stores: each one
    /// that is gathered elsewhere first would be on the way of a message that somebody waits for.
    /// </summary>
    /// <param name="header">A BTH, and no other header.</param>
    /// <param name="payload">At most <see cref="MaxSmallPayload"/> bytes.</param>
    /// <param name="trafficClass">For the frame's word.</param>
    /// <param name="hopLimit">For the frame's word.</param>
    /// <returns>False when others are not published yet, or there is no room: nothing was done.</returns>
    internal bool TryPublishSmall(
        (ulong First, uint Last) header, Block payload, byte trafficClass, byte hopLimit)
    {
        if (_firstWord != 0 || !HasRoom(Frame.Alignment))
            return false;
        ulong next = _tail + Frame.Alignment;
        ClearWord(next);

        ulong* frame = (ulong*)(_ring + (_tail & _mask));
        frame[1] = header.First;
        *(uint*)(frame + 2) = header.Last;
        byte* place = (byte*)frame + Frame.WordBytes + HeaderSizes.Base;
        uint length = (uint)payload.Length;
        uint padded = (length + 3) & ~3u;
        if (padded != length)
            *(uint*)(place + padded - sizeof(uint)) = 0;
        CopySmall(place, (byte*)payload.Address, length);
        Volatile.Write(
            ref *frame, new Frame(Frame.WordBytes, HeaderSizes.Base + (int)padded, trafficClass, hopLimit).Word);
        _tail = next;
        return true;
    }

    /// <summary>Makes all packets visible. False when there was none to publish.</summary>
    internal bool Publish()
    {
        if (_firstWord == 0)
            return false;
        Volatile.Write(ref *(ulong*)(_ring + (_unpublished & _mask)), _firstWord);
        _firstWord = 0;
        return true;
    }

    /// <summary>
    /// Clears the words of the next few small frames, when the last ones are used up: for a time when nobody waits.
    /// Most frames then need no line but their own.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void ClearAhead()
    {
        if (_cleared - _tail < 2 * Frame.Alignment)
            ClearMore();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopySmall(byte* to, byte* from, uint length)
    {
        for (; length >= sizeof(ulong); length -= sizeof(ulong), to += sizeof(ulong), from += sizeof(ulong))
            Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<ulong>(from));
        for (; length != 0; length--)
            *to++ = *from++;
    }

    // The next frame's word, unless it is cleared.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ClearWord(ulong next)
    {
        if (next < _cleared)
            return;
        *(ulong*)(_ring + (next & _mask)) = 0;
        _cleared = next + Frame.Alignment;
    }

    private void ClearMore()
    {
        ulong end = _tail + ClearedAhead;
        if (end - _knownHead > _capacity)
            return;
        for (; _cleared < end; _cleared += Frame.Alignment)
            *(ulong*)(_ring + (_cleared & _mask)) = 0;
    }

    /// <summary>Whether a frame of the largest size fits.</summary>
    internal bool HasRoomForAny() => HasRoom(Frame.MaxBytes);

    private bool HasRoom(uint size)
    {
        // One frame's word behind the frame must be free too: it is cleared with the frame.
        ulong needed = size + Frame.Alignment;
        if (_capacity - (_tail - _knownHead) >= needed)
            return true;
        ulong head = Volatile.Read(ref *_head);
        if (_tail - head > _capacity)
        {
            IsBroken = true;
            return false;
        }

        _knownHead = head;
        return _capacity - (_tail - head) >= needed;
    }
}
