using System.Runtime.CompilerServices;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>
/// The end of a ring that packets come out of, read in place. The other end may write anything at any time: a frame's
/// word is read once and checked, and whatever it says, the bytes it names are inside of the mapping. Not thread-safe.
/// </summary>
internal sealed unsafe class RingConsumer(byte* ring, nuint bytes, ulong* head)
{
    private readonly byte* _ring = ring;
    private readonly ulong* _head = head;
    private readonly ulong _mask = bytes - 1;
    private readonly ulong _quarter = bytes / 4;
    private ulong _position;
    private ulong _toldPosition;

    /// <summary>Whether the other end has written what cannot be. Nothing is read from then on.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Whether nothing is there, neither a packet nor what cannot be.</summary>
    internal bool IsEmpty => !IsBroken && Volatile.Read(ref *(ulong*)(_ring + (_position & _mask))) == 0;

    /// <summary>The next packet, which stays in place until <see cref="Advance"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryPeek(out Frame frame, out byte* packet)
    {
        byte* place = _ring + (_position & _mask);
        frame = new Frame(Volatile.Read(ref *(ulong*)place));
        packet = place + frame.Start;
        if (frame.Word == 0)
            return false;
        if (frame.IsValid && !IsBroken)
            return true;
        IsBroken = true;
        return false;
    }

    /// <summary>Tells the other end how far this one has come, when it has caught up. No wake-up comes of it.</summary>
    internal void TellPosition()
    {
        if (_toldPosition == _position)
            return;
        _toldPosition = _position;
        Volatile.Write(ref *_head, _position);
    }

    /// <summary>
    /// Leaves a packet behind. True when the other end was told how much room there is now, which is done by the quarter
    /// of the ring: whoever waits for room gets enough for any frame, and the line with the head rarely moves.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Advance(Frame frame)
    {
        _position += frame.Bytes;
        if (_position - _toldPosition < _quarter)
            return false;
        _toldPosition = _position;
        Volatile.Write(ref *_head, _position);
        return true;
    }
}
