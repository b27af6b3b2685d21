using System.Diagnostics;
using Scatterlist.Compare.Harness;
using Scatterlist.Opae;

namespace Scatterlist.Compare.Areas.Vfio;

/// <summary>
/// Pairs of prepare and release by 4 threads on one device, beside 1 thread: the time of a pair, over all threads.
/// Threads wait for each other in the kernel; they are to lose nothing by it.
/// </summary>
internal sealed class ThreadsComparison(VfioDevices devices) : Comparison
{
    private const int Threads = 4;

    private Accelerator? _accelerator;

    public override string Name => "4 KiB prepared and released, 4 threads";

    public override Unit Unit => Unit.Microseconds;

    public override Threshold Bar => Threshold.AtMostRatio(1.0);

    public override ulong BytesPerOperation => 0;

    public override bool IsDataPath => false;

    public override bool IsOneThread => false;

    public override int? FixedOperations => 400;

    public override Func<int, double> OwnTime => operations => Time(operations, Threads);

    public override IReadOnlyList<PeerWay> PeerWays => [PeerWay.Timed("1 thread", operations => Time(operations, 1))];

    public override void Prepare() => _accelerator = devices.Open();

    public override void RunOurs(int operations) => Time(operations, Threads);

    public override void Dispose() => _accelerator?.Dispose();

    // From the moment that all threads are there.
    private double Time(int operations, int threads)
    {
        using var ready = new Barrier(threads + 1);
        Thread[] all = [.. Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            ready.SignalAndWait();
            for (int i = 0; i < operations / threads; i++)
                _accelerator!.PrepareBuffer(4096).Dispose();
        }))];
        Array.ForEach(all, thread => thread.Start());
        ready.SignalAndWait();
        long start = Stopwatch.GetTimestamp();
        Array.ForEach(all, thread => thread.Join());
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
