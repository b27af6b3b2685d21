using System.Diagnostics.Metrics;
using Scatterlist.Diagnostics;

namespace Scatterlist.Vrtd.Client;

/// <summary>What the vrtd client counts. With no listener each costs a branch.</summary>
internal static class VrtdMetrics
{
    private static readonly KeyValuePair<string, object?> ToDevice = new("direction", "to_device");
    private static readonly KeyValuePair<string, object?> FromDevice = new("direction", "from_device");

    private static readonly Counter<long> SyncBytes = ScatterlistDiagnostics.Meter.CreateCounter<long>(
        "scatterlist.vrtd.sync.bytes", unit: "By", description: "Bytes moved between host memory and device buffers.");

    private static readonly Counter<long> SyncErrors = ScatterlistDiagnostics.Meter.CreateCounter<long>(
        "scatterlist.vrtd.sync.errors", unit: "{error}", description: "Transfers that ended with an error.");

    private static readonly UpDownCounter<long> OpenBuffers = ScatterlistDiagnostics.Meter.CreateUpDownCounter<long>(
        "scatterlist.vrtd.buffers", unit: "{buffer}", description: "Device buffers that are open now.");

    private static readonly Counter<long> LostConnections = ScatterlistDiagnostics.Meter.CreateCounter<long>(
        "scatterlist.vrtd.connections.lost",
        unit: "{connection}",
        description: "Sessions whose daemon went away or broke the protocol.");

    public static void CountTransfer(bool toDevice, ulong bytes, Errno errno)
    {
        if (SyncBytes.Enabled && bytes != 0)
            SyncBytes.Add((long)bytes, toDevice ? ToDevice : FromDevice);
        if (errno != Errno.None && SyncErrors.Enabled)
            SyncErrors.Add(1, toDevice ? ToDevice : FromDevice);
    }

    public static void CountBuffer(int change) => OpenBuffers.Add(change);

    public static void CountLostConnection() => LostConnections.Add(1);
}
