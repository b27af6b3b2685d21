using System.Diagnostics;
using Scatterlist.HostFd;
using Scatterlist.Tool.Rdma;
using Scatterlist.Verbs;
using Scatterlist.Verbs.SoftRoce;

namespace Scatterlist.Tool.Demo;

/// <summary>
/// Through another process, a slice at a time: written into its region by RDMA WRITE, moved by it into its NIC's memory,
/// read back from there by RDMA READ. Both wipe what they had in between: only what the NIC's memory kept can come back.
/// </summary>
/// <param name="sameHost">Whether the NICs may find that they are on one host; otherwise they use UDP.</param>
internal sealed class RdmaLeg(bool sameHost) : DemoLeg
{
    /// <summary>Bytes of a slice: a part of the NIC's own memory, in whole words as that has it.</summary>
    internal const int SliceSize = 16 << 20;

    internal override string Name =>
        $"host -> peer -> its NIC's memory -> host, by RDMA {(sameHost ? "on one host" : "over UDP")}";

    internal override IReadOnlyList<DemoStep> Run(
        FileDescriptor source, FileDescriptor destination, ulong length, IProgress<ulong> progress,
        CancellationToken stop)
    {
        TimeSpan read = default, outward = default, moved = default, homeward = default, written = default;
        int size = (int)Math.Min((length + 3) / 4 * 4, SliceSize);
        using Context context = OpenNic(sameHost);
        using ProtectionDomain domain = context.AllocateDomain();
        using HostBuffer buffer = HostBuffer.Allocate(
            (nuint)size, new HostBufferOptions { IsShareable = true, Name = "sgl-demo" });
        using MemoryRegion region = domain.Register(buffer, AccessFlags.LocalWrite);
        using CompletionQueue completions = context.CreateCompletionQueue(16);
        using PreparedQueuePair prepared = QueuePair.Builder(domain).WithCompletionQueue(completions).Build();
        using var peer = DemoPeer.Start(prepared.Endpoint, size, sameHost, stop);
        using QueuePair queuePair = prepared.Handshake(peer.Endpoint);
        for (ulong offset = 0; offset < length; offset += SliceSize)
        {
            stop.ThrowIfCancellationRequested();
            ulong count = Math.Min(SliceSize, length - offset);
            using BufferLease slice = buffer.Lease(0, (nuint)count);

            long start = Stopwatch.GetTimestamp();
            HostIO.ReadFullyOrThrow(source, slice.Sequence, (long)offset);
            read += Lap(ref start);
            Wait(queuePair.WriteAsync(
                new WriteWorkRequest(region.Gather(0, (nuint)count), peer.Region.Slice(0, count)), stop));
            outward += Lap(ref start);
            peer.MoveToDevice(count);
            moved += Lap(ref start);

            buffer.Zero();
            start = Stopwatch.GetTimestamp();
            Wait(queuePair.ReadAsync(
                new ReadWorkRequest(region.Scatter(0, (nuint)count), peer.DeviceRegion.Slice(0, count)), stop));
            homeward += Lap(ref start);
            HostIO.WriteFullyOrThrow(destination, slice.Sequence, (long)offset);
            written += Lap(ref start);
            progress.Report(offset + count);
        }

        return
        [
            new DemoStep("Preadv2 file -> region", length, read),
            new DemoStep("RDMA WRITE region -> peer", length, outward),
            new DemoStep("CopyTo peer -> its NIC's memory", length, moved),
            new DemoStep("RDMA READ NIC's memory -> region", length, homeward),
            new DemoStep("Pwritev2 region -> file", length, written),
        ];
    }

    /// <summary>Opens a soft NIC with an address of its own on the loopback.</summary>
    internal static Context OpenNic(bool sameHost) =>
        SoftNic.Open(new SoftNicOptions { SameHost = sameHost, DeviceMemory = SliceSize });

    private static void Wait(ValueTask<WorkCompletion> work)
    {
        WorkCompletion completion = work.AsTask().GetAwaiter().GetResult();
        if (!completion.IsSuccess)
            throw new WorkFailedException(completion);
    }

    private static TimeSpan Lap(ref long start)
    {
        long now = Stopwatch.GetTimestamp();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start, now);
        start = now;
        return elapsed;
    }
}
