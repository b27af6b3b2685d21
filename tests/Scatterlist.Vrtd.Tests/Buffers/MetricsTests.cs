using System.Diagnostics.Metrics;
using Scatterlist.Diagnostics;

namespace Scatterlist.Vrtd.Tests;

/// <summary>What the client counts while somebody listens.</summary>
public sealed class MetricsTests
{
    // Other tests sync at the same time and on other threads; measurements come on the thread that makes them.
    [ThreadStatic]
    private static List<(string Name, long Value, string? Direction)>? _seen;

    [Fact]
    public void Bytes_are_counted_by_direction_and_buffers_while_they_are_open()
    {
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == ScatterlistDiagnostics.MeterName
                    && instrument.Name.StartsWith("scatterlist.vrtd.", StringComparison.Ordinal))
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            _seen?.Add((instrument.Name, value, tags.IsEmpty ? null : (string?)tags[0].Value)));
        using Emulated emulated = new();
        listener.Start();
        _seen = [];
        using (DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1))
        {
            buffer.SyncToDevice(0, 100);
            buffer.Read(0, new byte[7]);
            buffer.SyncToDevice(5, 0);
            using DeviceBuffer beyond = emulated.Device.OpenRawBuffer(new DeviceAddress(1ul << 63), 1);
            beyond.TryWrite(0, [1]);
        }

        Assert.Equal(
            [
                ("scatterlist.vrtd.buffers", 1, null),
                ("scatterlist.vrtd.sync.bytes", 100, "to_device"),
                ("scatterlist.vrtd.sync.bytes", 7, "from_device"),
                ("scatterlist.vrtd.buffers", 1, null),
                ("scatterlist.vrtd.sync.errors", 1, "to_device"),
                ("scatterlist.vrtd.buffers", -1, null),
                ("scatterlist.vrtd.buffers", -1, null),
            ],
            _seen);
        _seen = null;
    }
}
