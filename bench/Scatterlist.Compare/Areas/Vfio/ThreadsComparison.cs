using System.Diagnostics;
using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Opae;

namespace Scatterlist.Compare.Areas.Vfio;

/// <summary>
/// Pairs of prepare and release by 4 threads on one device, beside 1 thread: the time of a pair, over all threads.
/// Threads wait for each other in the kernel; they are to lose nothing by it. How much C's four lose is the other row.
/// </summary>
internal sealed class ThreadsComparison(VfioDevices devices, VfioPeer peer, bool besideC) : Comparison
{
    private const int Threads = 4;

    private Accelerator? _accelerator;
    private nint _other;

    public override string Name =>
        besideC ? "4 KiB prepared and released, 4 threads, C's 4" : "4 KiB prepared and released, 4 threads";

    public override Unit Unit => Unit.Microseconds;

    public override Threshold Bar => Threshold.AtMostRatio(besideC ? 1.15 : 1.0);

    public override ulong BytesPerOperation => 0;

    public override bool IsDataPath => false;

    public override bool IsOneThread => false;

    public override int? FixedOperations => 400;

    public override Func<int, double> OwnTime => operations => Time(operations, Threads);

    public override IReadOnlyList<PeerWay> PeerWays =>
    [
        besideC
            ? PeerWay.Timed("C's 4 threads", operations => peer.Share(_other, 4096, operations, Threads))
            : PeerWay.Timed("1 thread", operations => Time(operations, 1)),
    ];

    public override void Prepare()
    {
        _accelerator = devices.Open();
        if (besideC)
            _other = peer.Open(devices.PeerAddress, devices.PeerGroup);
    }

    public override void RunOurs(int operations) => Time(operations, Threads);

    public override void Dispose()
    {
        _accelerator?.Dispose();
        if (_other != 0)
            peer.Close(_other);
    }

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
