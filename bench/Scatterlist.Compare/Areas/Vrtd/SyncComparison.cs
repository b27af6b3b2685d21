using System.Globalization;
using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Vrtd;

namespace Scatterlist.Compare.Areas.Vrtd;

/// <summary>
/// A sync of a device buffer against a C program that moves the same host memory to or from a plain memfd, in chunks of
/// the size that suits it best.
/// </summary>
internal sealed class SyncComparison(VrtdPeer peer, Device device, bool toDevice, ulong size, double limit) : Comparison
{
    private const ulong KiB = 1 << 10;
    private const ulong MiB = 1 << 20;

    private const ulong LargeSize = 64 * MiB;

    private static readonly ulong[] Chunks = [64 * KiB, 256 * KiB, MiB, 2 * MiB, 8 * MiB];

    private DeviceBuffer? _buffer;
    private BufferLease? _lease;
    private int _memfd = -1;

    public override string Name => $"sync {(toDevice ? "to" : "from")} device, {Text(size)}";

    public override Unit Unit => Unit.GigabytesPerSecond;

    public override Threshold Bar => Threshold.AtLeastRatio(limit);

    public override ulong BytesPerOperation => size;

    public override IReadOnlyList<PeerWay> PeerWays =>
        [.. Chunks.Where(chunk => chunk < size).Append(size).Select(Way)];

    public override int FewestRounds => size >= LargeSize ? 48 : base.FewestRounds;

    public override void Prepare()
    {
        OpenBuffer();
        _memfd = peer.CreateMemFd(_buffer!.Size);
    }

    // Out of the cache the speed depends on which physical pages a side got: two memfds of one program differ by 10%. So
    // both get new ones in each round, in turns before and after each other.
    public override void BeforeRound(int round)
    {
        if (size < LargeSize)
            return;
        CloseBoth();
        if (round / 2 % 2 == 0)
            OpenBuffer();
        _memfd = peer.CreateMemFd(size);
        if (_buffer is null)
            OpenBuffer();
    }

    public override void RunOurs(int operations)
    {
        DeviceBuffer buffer = _buffer!;
        if (toDevice)
        {
            for (int i = 0; i < operations; i++)
                Transfer.Check(buffer.TrySyncToDevice(0, size), size);
        }
        else
        {
            for (int i = 0; i < operations; i++)
                Transfer.Check(buffer.TrySyncFromDevice(0, size), size);
        }
    }

    public override void Dispose() => CloseBoth();

    private void OpenBuffer()
    {
        _buffer = device.OpenHbmVnocBuffer(size);
        _lease = _buffer.HostData.Lease(0, (nuint)size);
        _lease.Block.AsSpan().Fill(0x5a);
        _buffer.SyncToDevice(0, size);
    }

    private void CloseBoth()
    {
        if (_memfd >= 0)
            peer.Close(_memfd);
        _memfd = -1;
        _lease?.Dispose();
        _buffer?.Dispose();
        _buffer = null;
    }

    private PeerWay Way(ulong chunk) => toDevice
        ? new PeerWay($"C pwrite of {Text(chunk)}", n => peer.WriteChunks(_memfd, _lease!.Block, chunk, n))
        : new PeerWay($"C pread of {Text(chunk)}", n => peer.ReadChunks(_memfd, _lease!.Block, chunk, n));

    private static string Text(ulong bytes) => string.Create(
        CultureInfo.InvariantCulture, $"{(bytes < MiB ? bytes / KiB : bytes / MiB)} {(bytes < MiB ? "KiB" : "MiB")}");
}
