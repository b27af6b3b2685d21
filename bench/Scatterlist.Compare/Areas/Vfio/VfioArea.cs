using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;

namespace Scatterlist.Compare.Areas.Vfio;

/// <summary>The kernel's VFIO: shared buffers of devices on vfio-pci, by group and container (type1v2).</summary>
internal sealed class VfioArea : Area
{
    private readonly VfioPeer _peer;

    public VfioArea()
    {
        var devices = new VfioDevices();
        _peer = new VfioPeer();
        Comparisons =
        [
            new ShareComparison(devices, _peer, fromPool: false),
            new ShareComparison(devices, _peer, fromPool: true),
            new CrowdComparison(devices),
            new ThreadsComparison(devices, _peer, besideC: false),
            new ThreadsComparison(devices, _peer, besideC: true),
        ];
    }

    public override IReadOnlyList<Comparison> Comparisons { get; }

    public override IReadOnlyList<DataPath> DataPaths => [];

    public override void Dispose() => _peer.Dispose();
}
