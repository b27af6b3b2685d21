using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Vrtd;
using Scatterlist.Vrtd.Emulator;

namespace Scatterlist.Compare.Areas.Vrtd;

/// <summary>Device buffers of an emulated V80 beside a C program with a plain memfd, and sgl cp beside cp.</summary>
internal sealed class VrtdArea : Area
{
    private readonly VrtdPeer _peer = new();
    private readonly EmulatedDaemon _daemon;
    private readonly Session _session;
    private readonly Device _device;
    private VrtdDataPaths? _paths;

    public VrtdArea(Pace pace)
    {
        _daemon = EmulatedDaemon.Start();
        _session = Session.FromSocket(_daemon.Connect());
        _device = _session.GetDevice(0);
        Comparisons =
        [
            Sync(toDevice: true, 4 << 10, 0.90),
            Sync(toDevice: false, 4 << 10, 0.90),
            Sync(toDevice: true, 1 << 20, 0.95),
            Sync(toDevice: false, 1 << 20, 0.95),
            Sync(toDevice: true, 64 << 20, 0.95),
            Sync(toDevice: false, 64 << 20, 0.95),
            new OpenCloseComparison(_peer, _device),
            new CopyCommandComparison(_peer, pace),
        ];
    }

    public override IReadOnlyList<Comparison> Comparisons { get; }

    public override IReadOnlyList<DataPath> DataPaths => (_paths ??= new VrtdDataPaths(_device)).All;

    public override void Dispose()
    {
        _paths?.Dispose();
        _session.Dispose();
        _daemon.Dispose();
        _peer.Dispose();
    }

    private SyncComparison Sync(bool toDevice, ulong size, double limit) => new(_peer, _device, toDevice, size, limit);
}
