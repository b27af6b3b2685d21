using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Compare.Areas.Verbs;

/// <summary>The CRC of one packet of the largest payload, beside eight tables in C.</summary>
internal sealed unsafe class CrcComparison(VerbsPeer peer) : Comparison
{
    private const int Length = 4136;

    private HostBuffer? _packet;
    private uint _sum; // so that the work is not left out

    public override string Name => "CRC of a 4136-byte packet";

    public override Unit Unit => Unit.GigabytesPerSecond;

    public override Threshold Bar => Threshold.AtLeast(10, Unit.GigabytesPerSecond);

    public override ulong BytesPerOperation => Length;

    public override IReadOnlyList<PeerWay> PeerWays => [new PeerWay("C, eight tables", n => peer.Crc(Packet, n))];

    private Block Packet => new(_packet!.Address, Length);

    public override void Prepare()
    {
        _packet = HostBuffer.Allocate(Length);
        new Random(1).NextBytes(_packet.AsSpan());
        uint ours = ~EthernetCrc.Update(EthernetCrc.Start, (byte*)_packet.Address, Length);
        if (ours != peer.Crc(Packet, 1))
            throw new CannotMeasureException("The two CRCs differ.");
    }

    public override void RunOurs(int operations)
    {
        uint sum = _sum;
        for (int i = 0; i < operations; i++)
            sum ^= EthernetCrc.Update(EthernetCrc.Start, (byte*)_packet!.Address, Length);
        _sum = sum;
    }

    public override void Dispose() => _packet?.Dispose();
}
