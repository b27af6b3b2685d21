namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>
/// A packet in a ring. Frames follow one another at multiples of 64 bytes. The first word of a frame is 0 until the
/// packet behind it may be read, and then says how long the packet is and where it starts.
/// </summary>
/// <remarks>
/// The word is in the frame, not in an index of its own, so that a waiting consumer gets the news and a small packet
/// by the same cache line. The producer clears the next frame's word before it publishes one: what a packet left there
/// a lap ago can never look like a word.
/// </remarks>
internal readonly struct Frame
{
    internal const int Alignment = 64;
    internal const int WordBytes = 8;
    internal const int MaxHeader = Alignment - WordBytes;
    internal const int MaxPayload = 65536;
    internal const int MaxPacket = MaxHeader + MaxPayload + 3;
    internal const int MaxBytes = (Alignment + MaxPacket + Alignment - 1) & -Alignment;

    private const ulong Mark = 0x5346;

    private readonly ulong _word;

    internal Frame(ulong word) => _word = word;

    internal Frame(int start, int length, byte trafficClass, byte hopLimit) =>
        _word = (uint)length | ((ulong)start << 24) | ((ulong)trafficClass << 32) | ((ulong)hopLimit << 40)
            | (Mark << 48);

    internal ulong Word => _word;

    /// <summary>Whether a peer that does not lie could have written it.</summary>
    internal bool IsValid => _word >> 48 == Mark && Start is >= WordBytes and <= Alignment && Length is > 0 and <= MaxPacket;

    /// <summary>Bytes in the packet.</summary>
    internal int Length => (int)(_word & 0xffffff);

    /// <summary>Where the packet starts in the frame.</summary>
    internal int Start => (byte)(_word >> 24);

    /// <summary>Whether the packet is in the word's own line.</summary>
    internal bool IsSmall => Length <= MaxHeader && Start == WordBytes;

    internal byte TrafficClass => (byte)(_word >> 32);

    internal byte HopLimit => (byte)(_word >> 40);

    /// <summary>Bytes in the frame.</summary>
    internal uint Bytes => SizeOf(Start, Length);

    /// <summary>Where a packet starts: its payload at a multiple of 64 when copying it is the main work.</summary>
    internal static int StartOf(int header, long total) => total >= 256 ? Alignment - header : WordBytes;

    internal static uint SizeOf(int start, int length) => (uint)((start + length + Alignment - 1) & -Alignment);
}
