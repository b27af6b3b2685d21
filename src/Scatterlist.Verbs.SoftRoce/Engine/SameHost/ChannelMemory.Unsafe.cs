using System.Numerics;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>
/// The memory that the two ends of a channel share: a control page, then a ring for each direction. Ring 0 carries what
/// the connecting end sends. Every word that one end writes and the other reads has two cache lines of its own, since
/// processors fetch lines in pairs.
/// </summary>
internal sealed unsafe class ChannelMemory : IDisposable
{
    internal const nuint ControlBytes = 4096;
    internal const nuint DefaultRingBytes = 512 * 1024;
    internal const nuint MinRingBytes = 128 * 1024; // three quarters of it hold the longest frame
    internal const nuint MaxRingBytes = 16 * 1024 * 1024;

    private const int LineBytes = 128;

    // Of each end; the second end's words follow the first's.
    private const int HeadLine = 0; // how far the end has consumed the other's ring
    private const int SleepingLine = 1; // 1 when the end wants a wake-up for what it is sent
    private const int WaitingLine = 2; // 1 when the end wants a wake-up for room in its ring
    private const int HazardLine = 3; // the grant that the end is using
    private const int NoticeLine = 4; // how many control messages the end has sent
    private const int LinesOfEnd = 8;

    private readonly SharedMapping _mapping;

    private ChannelMemory(SharedMapping mapping, nuint ringBytes, bool isConnector)
    {
        _mapping = mapping;
        RingBytes = ringBytes;
        Own = isConnector ? 0 : 1;
    }

    internal nuint RingBytes { get; }

    /// <summary>The ring that this end writes; it is mapped twice in a row.</summary>
    internal byte* OutgoingRing => Ring(Own);

    internal byte* IncomingRing => Ring(1 - Own);

    internal ulong* OwnHead => Word(Own, HeadLine);

    internal ulong* PeerHead => Word(1 - Own, HeadLine);

    internal ulong* OwnSleeping => Word(Own, SleepingLine);

    internal ulong* PeerSleeping => Word(1 - Own, SleepingLine);

    internal ulong* OwnWaiting => Word(Own, WaitingLine);

    internal ulong* PeerWaiting => Word(1 - Own, WaitingLine);

    internal ulong* OwnHazard => Word(Own, HazardLine);

    internal ulong* PeerHazard => Word(1 - Own, HazardLine);

    internal ulong* OwnNotices => Word(Own, NoticeLine);

    internal ulong* PeerNotices => Word(1 - Own, NoticeLine);

    private int Own { get; }

    internal static bool IsRingSize(ulong bytes) =>
        bytes is >= MinRingBytes and <= MaxRingBytes && BitOperations.IsPow2(bytes);

    internal static nuint FileBytes(nuint ringBytes) => ControlBytes + (2 * ringBytes);

    /// <summary>Makes new memory for both ends and maps it for the connecting one.</summary>
    /// <exception cref="ScatterlistException">The kernel refused.</exception>
    internal static ChannelMemory Create(nuint ringBytes, out FileDescriptor descriptor)
    {
        descriptor = SharedMapping.CreateMemFd("scatterlist-channel", FileBytes(ringBytes));
        if (TryMap(descriptor, ringBytes, isConnector: true) is { } memory)
        {
            memory._mapping.Populate();
            return memory;
        }

        descriptor.Dispose();
        throw new ScatterlistException($"mmap(channel of {ringBytes} bytes)", Errno.ENOMEM, remedy: Remedies.Memory);
    }

    /// <summary>Maps what a peer made, after checking that it is what it should be; null when it is not.</summary>
    internal static ChannelMemory? TryAdopt(FileDescriptor descriptor, ulong ringBytes) =>
        IsRingSize(ringBytes) && SharedMapping.SealedLength(descriptor) == FileBytes((nuint)ringBytes)
            ? TryMap(descriptor, (nuint)ringBytes, isConnector: false)
            : null;

    public void Dispose() => _mapping.Dispose();

    private static ChannelMemory? TryMap(FileDescriptor descriptor, nuint ringBytes, bool isConnector) =>
        SharedMapping.TryMapRings(descriptor, ControlBytes, ringBytes, rings: 2) is { } mapping
            ? new ChannelMemory(mapping, ringBytes, isConnector)
            : null;

    private byte* Ring(int end) => _mapping.Address + ControlBytes + (2 * RingBytes * (nuint)end);

    private ulong* Word(int end, int line) =>
        (ulong*)(_mapping.Address + (((end * LinesOfEnd) + line) * LineBytes));
}
