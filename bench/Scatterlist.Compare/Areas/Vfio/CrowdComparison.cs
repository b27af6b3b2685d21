using Scatterlist.Compare.Harness;
using Scatterlist.Opae;

namespace Scatterlist.Compare.Areas.Vfio;

/// <summary>4 KiB prepared and released while 20,000 buffers live, beside the same on another device while 10 live.</summary>
internal sealed class CrowdComparison(VfioDevices devices) : Comparison
{
    private Accelerator? _crowded;
    private Accelerator? _empty;

    public override string Name => "4 KiB prepared and released, 20,000 live";

    public override Unit Unit => Unit.Microseconds;

    public override Threshold Bar => Threshold.AtMostRatio(1.3);

    public override ulong BytesPerOperation => 0;

    public override bool IsDataPath => false;

    public override int? FixedOperations => 32;

    public override IReadOnlyList<PeerWay> PeerWays => [new PeerWay("the same with 10 live", n => Run(_empty!, n))];

    public override void Prepare()
    {
        _crowded = devices.Open();
        _empty = devices.Open(1);
        for (int i = 0; i < 20_000; i++)
            _crowded.PrepareBuffer(4096);
        for (int i = 0; i < 10; i++)
            _empty.PrepareBuffer(4096);
    }

    public override void RunOurs(int operations) => Run(_crowded!, operations);

    public override void Dispose()
    {
        _crowded?.Dispose();
        _empty?.Dispose();
    }

    private static void Run(Accelerator accelerator, int operations)
    {
        for (int i = 0; i < operations; i++)
            accelerator.PrepareBuffer(4096).Dispose();
    }
}
