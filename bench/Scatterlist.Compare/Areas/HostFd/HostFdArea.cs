using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;

namespace Scatterlist.Compare.Areas.HostFd;

/// <summary>Vectored descriptor I/O beside what a C programmer writes by hand, and beside the BCL's.</summary>
internal sealed class HostFdArea : Area
{
    private const int KiB = 1024;

    private readonly HostFdPeer _peer = new();
    private HostFdDataPaths? _paths;

    public HostFdArea() => Comparisons = [.. All()];

    public override IReadOnlyList<Comparison> Comparisons { get; }

    public override IReadOnlyList<DataPath> DataPaths => (_paths ??= new HostFdDataPaths()).All;

    public override void Dispose()
    {
        _paths?.Dispose();
        _peer.Dispose();
    }

    private IEnumerable<Comparison> All()
    {
        foreach (Direction direction in Enum.GetValues<Direction>())
        {
            foreach (bool isSafeHandle in (bool[])[false, true])
            {
                yield return new OneBlockComparison(_peer, direction, isSafeHandle);

                // With a page between them, so that none are adjacent and every one is an iovec to the kernel.
                foreach (int count in (int[])[8, 64, 1024, 4096])
                    yield return Vectored(direction, isSafeHandle, new(count, 4 * KiB, 8 * KiB), "", 1.05);

                // So small that the cost of the layer shows, not that of the copy.
                yield return Vectored(direction, isSafeHandle, new(1024, 64, 128), " passed through", 1.05);
                yield return Vectored(direction, isSafeHandle, new(1024, 64, 128, Cut: 16), " windowed", 1.15);
                yield return Vectored(direction, isSafeHandle, new(1024, 64, 64), " adjacent", 0.55);
            }

            yield return new RandomAccessComparison(direction);
        }
    }

    private VectoredComparison Vectored(
        Direction direction, bool isSafeHandle, BlockLayout layout, string kind, double limit) =>
        new(_peer, direction, isSafeHandle, layout, kind, limit);
}
