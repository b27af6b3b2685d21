using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Opae;
using Scatterlist.Opae.SoftAccelerator;
using Scatterlist.Vfio;

namespace Scatterlist.Compare.Areas.Opae;

/// <summary>
/// Emulated accelerators, in this process and behind a vfio-user server, beside a C program. What needs a kernel's IOMMU
/// is measured in the guest.
/// </summary>
internal sealed class OpaeArea : Area
{
    private readonly OpaePeer _peer = new();
    private readonly VrtdPeer _exchange = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("scatterlist-compare-");
    private readonly EmulatedAccelerator _inner = new();
    private readonly EmulatedAccelerator _outer = new();
    private readonly VfioUserServer _server;
    private readonly Accelerator _inProcess;
    private readonly Accelerator _overSocket;
    private OpaeDataPaths? _paths;

    public OpaeArea()
    {
        _server = _outer.Serve(Path.Combine(_folder.FullName, "socket"));
        _inProcess = _inner.Open();
        _overSocket = VfioFpgaProvider.FromSocket(_server.Path).Enumerate()[0].Open();
        Comparisons =
        [
            new LoopbackComparison(_peer, _inProcess),
            new RegisterComparison(_peer, _inProcess),
            new MapComparison(_exchange, _overSocket),
        ];
    }

    public override IReadOnlyList<Comparison> Comparisons { get; }

    public override IReadOnlyList<DataPath> DataPaths => (_paths ??= new OpaeDataPaths(_inProcess, _overSocket)).All;

    public override void Dispose()
    {
        _paths?.Dispose();
        _inProcess.Dispose();
        _overSocket.Dispose();
        _server.Dispose();
        _inner.Dispose();
        _outer.Dispose();
        _exchange.Dispose();
        _peer.Dispose();
        _folder.Delete(recursive: true);
    }
}
