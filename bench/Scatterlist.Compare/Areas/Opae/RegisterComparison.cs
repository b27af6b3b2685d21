using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Opae;

namespace Scatterlist.Compare.Areas.Opae;

/// <summary>
/// A read of a 64-bit register of the emulated accelerator in this process. The bar is a time; the peer shows the least
/// that it can cost, a load under a lock.
/// </summary>
internal sealed class RegisterComparison(OpaePeer peer, Accelerator accelerator) : Comparison
{
    private readonly HostBuffer _place = HostBuffer.Allocate(64);

    public override string Name => "register read of 64 bits in process";

    public override Unit Unit => Unit.Nanoseconds;

    public override Threshold Bar => Threshold.AtMost(1000, Unit.Nanoseconds);

    public override ulong BytesPerOperation => 0;

    public override IReadOnlyList<PeerWay> PeerWays =>
        [new PeerWay("C load under a lock", n => peer.LockedLoad(new Block(_place.Address, 64), n))];

    public override void Prepare() => _place.AsSpan().Clear();

    public override void RunOurs(int operations)
    {
        ulong expected = AcceleratorIds.ToRegisters(AcceleratorIds.HostExerciserLoopback).Low;
        for (int i = 0; i < operations; i++)
        {
            if (accelerator.Read64(0, 8) != expected)
                throw new InvalidOperationException("The register holds something else.");
        }
    }

    public override void Dispose() => _place.Dispose();
}
