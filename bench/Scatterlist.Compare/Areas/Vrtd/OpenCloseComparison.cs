using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Vrtd;

namespace Scatterlist.Compare.Areas.Vrtd;

/// <summary>
/// Opening and closing a buffer whose host copy is never touched. The bar is a time; the peer shows the least that it
/// can cost: the same two round trips between two threads of a C program, with a descriptor in the first reply.
/// </summary>
internal sealed class OpenCloseComparison(VrtdPeer peer, Device device) : Comparison
{
    private nint _exchange;

    public override string Name => "buffer open and close, host copy untouched";

    public override Unit Unit => Unit.Milliseconds;

    public override Threshold Bar => Threshold.AtMost(0.3, Unit.Milliseconds);

    public override ulong BytesPerOperation => 0;

    public override IReadOnlyList<PeerWay> PeerWays =>
        [new PeerWay("two C round trips", n => peer.RunExchange(_exchange, n))];

    public override bool IsDataPath => false;

    public override bool IsOneThread => false;

    public override void Prepare() => _exchange = peer.StartExchange();

    public override void RunOurs(int operations)
    {
        for (int i = 0; i < operations; i++)
            device.OpenDdrBuffer(1).Close();
    }

    public override void Dispose()
    {
        if (_exchange != 0)
            peer.StopExchange(_exchange);
    }
}
