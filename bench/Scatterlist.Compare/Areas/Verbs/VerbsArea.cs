using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;

namespace Scatterlist.Compare.Areas.Verbs;

/// <summary>The soft NIC between two processes, beside what two processes can do at best and beside UCX and libfabric.</summary>
internal sealed class VerbsArea : Area
{
    private const int KiB = 1024;
    private const int MiB = KiB * KiB;
    private const string Shared = "same host: ";
    private const string Udp = "UDP loopback: ";

    private readonly VerbsPeer _peer = new();
    private readonly HostBuffer _copies = HostBuffer.Allocate(2 * MiB);
    private readonly int _scale;
    private NicDataPaths? _paths;

    public VerbsArea(Pace pace)
    {
        _scale = pace.IsQuick ? 20 : 1;
        _copies.AsSpan().Fill(1);
        string? few = Environment.ProcessorCount < 2 ? "the two processes need a processor each" : null;
        Comparisons = [.. SameHost(few), .. Network(few), new CrcComparison(_peer), new IbverbsComparison()];
    }

    public override IReadOnlyList<Comparison> Comparisons { get; }

    public override IReadOnlyList<DataPath> DataPaths => (_paths ??= new NicDataPaths()).All;

    public override void Dispose()
    {
        _paths?.Dispose();
        _copies.Dispose();
        _peer.Dispose();
    }

    private IEnumerable<Comparison> SameHost(string? few)
    {
        string? noUcx = few ?? PeerTool.MissingUcx;
        Lazy<NicPair> writes = OnOneHost(), sends = OnOneHost(), stream = OnOneHost();
        yield return new VerbsComparison(Shared + "WRITE 8 B one way", Unit.Nanoseconds, Threshold.AtMostRatio(3))
        {
            Operations = Turn(20_000),
            Pairs = [writes],
            Ours = Bounce(writes, NicWork.BounceWrites, 8),
            Ways = [PeerWay.Timed("a cache line each way", n => _peer.Run(VerbsPeerKind.Lines, n / 2))],
            Lacks = few,
        };
        yield return Throughput(Shared + "WRITE 64 KiB", OnOneHost(), NicWork.StreamWrites, 64 * KiB, 2000, 0.5, Copy(64 * KiB), few);
        yield return Throughput(Shared + "WRITE 1 MiB", OnOneHost(), NicWork.StreamWrites, MiB, 200, 0.5, Copy(MiB), few);
        yield return Throughput(
            Shared + "WRITE 1 MiB beside UCX", OnOneHost(), NicWork.StreamWrites, MiB, 400, 0.7,
            UcxWay("posix,self", "ucp_put_bw", MiB), noUcx);
        yield return new VerbsComparison(Shared + "SEND / RECV 8 B one way", Unit.Nanoseconds, Threshold.AtMostRatio(2))
        {
            Operations = Turn(200_000),
            Pairs = [sends],
            Ours = Bounce(sends, NicWork.BounceSends, 8),
            Ways = [UcxWay("posix,self", "tag_lat", 8)],
            Rounds = 45, // a run of UCX takes half a second, in which a virtual machine's processors may be moved
            Lacks = noUcx,
        };
        yield return Throughput(
            Shared + "SEND 4 KiB", OnOneHost(), NicWork.StreamSends, 4 * KiB, 40_000, 0.5,
            UcxWay("posix,self", "tag_bw", 4 * KiB), noUcx);
        yield return new VerbsComparison(
            Shared + "WRITE 64 B, one after the other", Unit.Nanoseconds, Threshold.AtMost(200, Unit.Nanoseconds))
        {
            Operations = Turn(200_000),
            Pairs = [stream],
            Ours = n => stream.Value.Run(NicWork.StreamWrites, n, 64),
            Ways = [UcxWay("posix,self", "ucp_put_bw", 64)],
            Lacks = noUcx,
        };
    }

    private IEnumerable<Comparison> Network(string? few)
    {
        Lazy<NicPair> writes = ByUdp(), lossless = ByUdp();
        yield return new VerbsComparison(Udp + "WRITE 8 B one way", Unit.Microseconds, Threshold.AtMostRatio(1.6))
        {
            Operations = Turn(2000),
            Pairs = [writes],
            Ours = Bounce(writes, NicWork.BounceWrites, 8),
            Ways = [PeerWay.Timed("8 B there and back", n => _peer.Run(VerbsPeerKind.Udp, n / 2))],
            Lacks = few,
        };
        yield return Throughput(
            Udp + "WRITE 1 MiB", ByUdp(), NicWork.StreamWrites, MiB, 64, 0.4,
            PeerWay.Timed("C, UDP_SEGMENT and UDP_GRO", n => _peer.Run(VerbsPeerKind.Gso, n)), few);
        yield return Throughput(
            Udp + "WRITE 1 MiB beside libfabric rxd", ByUdp(), NicWork.StreamWrites, MiB, 32, 5,
            PeerWay.Timed("fi_pingpong -p udp;ofi_rxd", n => PeerTool.RunFabric("udp;ofi_rxd", "rdm", MiB, n)),
            few ?? PeerTool.MissingFabric);
        yield return Throughput(
            Udp + "WRITE 1 MiB beside UCX tcp", ByUdp(), NicWork.StreamWrites, MiB, 200, 1,
            UcxWay("tcp", "ucp_put_bw", MiB), few ?? PeerTool.MissingUcx);
        yield return Throughput(
            Udp + "WRITE 1 MiB with 1 % loss", ByUdp("loss=1,seed=1"), NicWork.StreamWrites, MiB, 64, 0.3,
            PeerWay.Timed("the same without loss", n => lossless.Value.Run(NicWork.StreamWrites, n, MiB)), few, lossless);
    }

    private static Lazy<NicPair> OnOneHost() => new(() => NicPair.Start(sameHost: true));

    private static Lazy<NicPair> ByUdp(string? faults = null) => new(() => NicPair.Start(sameHost: false, faults));

    private VerbsComparison Throughput(
        string name, Lazy<NicPair> pair, NicWork work, int size, int operations, double bar, PeerWay way, string? lacks,
        params Lazy<NicPair>[] others) =>
        new(name, Unit.GigabytesPerSecond, Threshold.AtLeastRatio(bar))
        {
            Size = size,
            Operations = Turn(operations),
            Pairs = [pair, .. others],
            Ours = n => pair.Value.Run(work, n, size),
            Ways = [way],
            Lacks = lacks,
        };

    private static Func<int, double> Bounce(Lazy<NicPair> pair, NicWork work, int size) =>
        hops => pair.Value.Run(work, hops / 2, size);

    private PeerWay Copy(int size) => PeerWay.Timed(
        "memcpy", n => _peer.Copy(new Block(_copies.Address, (nuint)size), new Block(_copies.Address + MiB, (nuint)size), n));

    private static PeerWay UcxWay(string transports, string test, int size) => PeerWay.Timed(
        $"ucx_perftest -t {test} over {transports}", n => PeerTool.RunUcx(transports, test, size, n));

    private int Turn(int operations) => Math.Max(operations / _scale, 4);
}
