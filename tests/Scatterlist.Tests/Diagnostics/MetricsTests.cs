using System.Diagnostics.Metrics;
using Scatterlist.Diagnostics;

namespace Scatterlist.Tests.Diagnostics;

public sealed class MetricsTests
{
    [Fact]
    public void The_mapped_bytes_go_up_with_a_buffer_and_down_with_its_last_holder()
    {
        int thread = Environment.CurrentManagedThreadId; // other tests map on their own threads
        var seen = new List<long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == ScatterlistDiagnostics.MeterName
                && instrument.Name == "scatterlist.host_buffer.bytes")
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) =>
        {
            if (Environment.CurrentManagedThreadId == thread)
                seen.Add(value);
        });
        listener.Start();

        HostBuffer buffer = HostBuffer.Allocate(1);
        BufferLease lease = buffer.Lease();
        long page = (long)HostBuffer.BasePageSize;
        Assert.Equal([page], seen);
        buffer.Dispose();
        Assert.Equal([page], seen);
        lease.Dispose();
        Assert.Equal([page, -page], seen);
        Assert.Equal("By", ScatterlistDiagnostics.HostBufferBytes.Unit);
    }

    [Fact]
    public void A_failed_allocation_counts_nothing()
    {
        int thread = Environment.CurrentManagedThreadId;
        long sum = 0;
        using var listener = new MeterListener();
        listener.EnableMeasurementEvents(ScatterlistDiagnostics.HostBufferBytes);
        listener.SetMeasurementEventCallback<long>(
            (_, value, _, _) => sum += Environment.CurrentManagedThreadId == thread ? value : 0);
        listener.Start();
        Assert.Throws<ScatterlistException>(() => HostBuffer.Allocate((nuint)1 << 60));
        Assert.Equal(0, sum);
    }

    [Fact]
    public void The_sources_carry_the_documented_names()
    {
        Assert.Equal("Scatterlist", ScatterlistDiagnostics.Meter.Name);
        Assert.Equal(ScatterlistDiagnostics.ActivitySourceName, ScatterlistDiagnostics.ActivitySource.Name);
    }
}
