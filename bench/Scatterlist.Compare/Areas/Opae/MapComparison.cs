using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Opae;

namespace Scatterlist.Compare.Areas.Opae;

/// <summary>
/// Sharing 4 KiB with an accelerator behind a vfio-user server, and taking it back: a DMA map and an unmap, our client to
/// our server. The bar is a time; the peer shows the least that it can cost: the same two round trips between two threads
/// of a C program, with a descriptor in the first.
/// </summary>
internal sealed class MapComparison(VrtdPeer peer, Accelerator accelerator) : Comparison
{
    private HostBuffer? _memory;
    private nint _exchange;

    public override string Name => "vfio-user map + unmap of 4 KiB";

    public override Unit Unit => Unit.Microseconds;

    public override Threshold Bar => Threshold.AtMost(60, Unit.Microseconds);

    public override ulong BytesPerOperation => 0;

    public override IReadOnlyList<PeerWay> PeerWays =>
        [new PeerWay("two C round trips", n => peer.RunExchange(_exchange, n))];

    public override bool IsDataPath => false;

    public override bool IsOneThread => false;

    // Found by the peer's time it would be 1 or 11, as a turn of the peer's happens to run on one processor or on two. The
    // first map of a turn finds the server asleep.
    public override int? FixedOperations => 32;

    public override void Prepare()
    {
        _exchange = peer.StartExchange();
        _memory = HostBuffer.Allocate(4096, new HostBufferOptions { IsShareable = true });
        _memory.AsSpan().Fill(1);
    }

    public override void RunOurs(int operations)
    {
        for (int i = 0; i < operations; i++)
            accelerator.PrepareBuffer(_memory!).Dispose();
    }

    public override void Dispose()
    {
        if (_exchange != 0)
            peer.StopExchange(_exchange);
        _memory?.Dispose();
    }
}
