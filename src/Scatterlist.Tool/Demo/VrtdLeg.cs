using System.Diagnostics;
using Scatterlist.HostFd;
using Scatterlist.Vrtd;

namespace Scatterlist.Tool.Demo;

/// <summary>
/// Through a V80's memory, a slice at a time: read into the buffer's host memory, sync to the device, wipe the host
/// memory, sync from the device, write. Only what the device kept can come back.
/// </summary>
internal sealed class VrtdLeg(Device device, BufferAllocType memory) : DemoLeg
{
    private const ulong SliceSize = 64 << 20;

    internal override string Name => $"host -> {Memory} -> host";

    private string Memory => memory == BufferAllocType.Ddr ? "DDR" : "HBM";

    internal override IReadOnlyList<DemoStep> Run(
        FileDescriptor source, FileDescriptor destination, ulong length, IProgress<ulong> progress,
        CancellationToken stop)
    {
        TimeSpan read = default, toDevice = default, fromDevice = default, written = default;
        using DeviceBuffer buffer = device.OpenBuffer(memory, Math.Min(length, SliceSize), cancellationToken: stop);
        HostBuffer host = buffer.HostData;
        for (ulong offset = 0; offset < length; offset += SliceSize)
        {
            stop.ThrowIfCancellationRequested();
            ulong count = Math.Min(SliceSize, length - offset);
            using BufferLease slice = host.Lease(0, (nuint)count);

            long start = Stopwatch.GetTimestamp();
            HostIO.ReadFullyOrThrow(source, slice.Sequence, (long)offset);
            read += Lap(ref start);
            buffer.SyncToDevice(0, count);
            toDevice += Lap(ref start);

            host.Zero();
            start = Stopwatch.GetTimestamp();
            buffer.SyncFromDevice(0, count);
            fromDevice += Lap(ref start);
            HostIO.WriteFullyOrThrow(destination, slice.Sequence, (long)offset);
            written += Lap(ref start);
            progress.Report(offset + count);
        }

        return
        [
            new DemoStep("Preadv2 file -> host", length, read),
            new DemoStep($"SyncToDevice host -> {Memory}", length, toDevice),
            new DemoStep($"SyncFromDevice {Memory} -> host", length, fromDevice),
            new DemoStep("Pwritev2 host -> file", length, written),
        ];
    }

    private static TimeSpan Lap(ref long start)
    {
        long now = Stopwatch.GetTimestamp();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start, now);
        start = now;
        return elapsed;
    }
}
