using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Opae;

namespace Scatterlist.Compare.Areas.Vfio;

/// <summary>
/// Memory of 4 KiB made, shared with a device, taken back and freed, beside the same by C's system calls; or a part of a
/// pool that is shared already.
/// </summary>
internal sealed class ShareComparison(VfioDevices devices, VfioPeer peer, bool fromPool) : Comparison
{
    private const int Length = 4096;

    private Accelerator? _accelerator;
    private SharedBufferPool? _pool;
    private nint _other;

    public override string Name => fromPool ? "4 KiB from a pool and back" : "4 KiB prepared and released";

    public override Unit Unit => Unit.Microseconds;

    public override Threshold Bar => Threshold.AtMostRatio(fromPool ? 0.05 : 1.15);

    public override ulong BytesPerOperation => 0;

    public override bool IsDataPath => false; // a buffer is an object

    // One at a time would show what the other side's system calls leave behind in the processor's caches.
    public override int? FixedOperations => 32;

    public override IReadOnlyList<PeerWay> PeerWays =>
        [new PeerWay("C mmap, map, unmap, munmap", n => peer.Share(_other, Length, n))];

    public override void Prepare()
    {
        _accelerator = devices.Open();
        _other = peer.Open(devices.PeerAddress, devices.PeerGroup);
        if (fromPool)
            _pool = _accelerator.CreatePool(1 << 20, options: SharedBufferOptions.BasePages);
    }

    public override void RunOurs(int operations)
    {
        for (int i = 0; i < operations; i++)
            (_pool?.Rent(Length) ?? _accelerator!.PrepareBuffer(Length)).Dispose();
    }

    public override void Dispose()
    {
        _pool?.Dispose();
        _accelerator?.Dispose();
        if (_other != 0)
            peer.Close(_other);
    }
}
