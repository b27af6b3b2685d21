using Scatterlist.Compare.Areas.Verbs;
using Scatterlist.Compare.Harness;
using Scatterlist.Verbs;

namespace Scatterlist.Compare.Areas.Rxe;

/// <summary>
/// Ours beside C on libibverbs with a device of the kernel: in the guest of tests/guest that is rxe, emulated, so that
/// only ratios say something (tests/guest/rxe-speed).
/// </summary>
internal sealed class RxeArea : Area
{
    private const int BandwidthSize = 64 * 1024;

    public RxeArea(Pace pace)
    {
        Device device = FindDevice();
        GidEntry gid;
        using (Context context = device.Open())
            gid = context.GetDefaultGid(1);
        Comparisons =
        [
            new RxeWriteComparison(device.Name, gid.Index, pace.IsQuick ? 100 : 3000),
            new VerbsComparison("rxe: sgl bw beside ib_write_bw, 64 KiB", Unit.GigabytesPerSecond, Threshold.AtLeastRatio(0.95))
            {
                Size = BandwidthSize,
                Operations = pace.IsQuick ? 100 : 2000,
                Rounds = 9,
                Ours = n => BandwidthTool.RunOurs(device.Name, gid.Index, BandwidthSize, n),
                Ways = [PeerWay.Timed("ib_write_bw", n => BandwidthTool.RunPerftest(device.Name, gid.Index, BandwidthSize, n))],
                Lacks = BandwidthTool.Missing,
            },
        ];
    }

    public override IReadOnlyList<Comparison> Comparisons { get; }

    public override IReadOnlyList<DataPath> DataPaths => [];

    public override void Dispose()
    {
    }

    private static Device FindDevice()
    {
        string? reason = null;
        try
        {
            if (Device.GetList(VerbsProviders.LibIbverbs) is [Device first, ..])
                return first;
        }
        catch (VerbsException e)
        {
            reason = e.Message;
        }

        throw new CannotMeasureException(
            $"{reason ?? "libibverbs has no device here."} The guest has one: tests/guest/rxe-speed (see the README there).");
    }
}
