using System.Runtime.CompilerServices;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>
/// The end of a ring that packets go into. Packets become visible when they are published; the first of a batch is
/// published last, by one release store, and the others with it. Not thread-safe.
/// </summary>
internal sealed unsafe class RingProducer(byte* ring, nuint bytes, ulong* head)
{
    // Short enough that the other end copies out what is still in the nearest cache that both share.
    private const uint MaxUnpublished = 16 * 1024;

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
        if (next >= _cleared)
        {
            *(ulong*)(_ring + (next & _mask)) = 0;
            _cleared = next + Frame.Alignment;
        }

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
