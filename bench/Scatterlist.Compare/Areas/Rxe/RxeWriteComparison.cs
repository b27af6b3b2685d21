using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Verbs;

namespace Scatterlist.Compare.Areas.Rxe;

/// <summary>Posting writes of 64 bytes and polling for their completions, 32 of them outstanding.</summary>
internal sealed class RxeWriteComparison(string device, int gidIndex, int operations) : Comparison
{
    private const int Depth = 32;
    private const int Batch = 16;
    private const int Size = 64;
    private const int Room = 4096;

    private readonly WorkCompletion[] _completions = new WorkCompletion[Batch];
    private readonly Stack<IDisposable> _made = [];
    private RxePeer? _peer;
    private QueuePair? _queuePair;
    private CompletionQueue? _queue;
    private GatherElement _source;
    private RemoteMemoryRegion _target;

    public override string Name => "rxe: WRITE 64 B, post and poll";

    public override Unit Unit => Unit.Microseconds;

    public override Threshold Bar => Threshold.AtMostRatio(1.10);

    public override ulong BytesPerOperation => Size;

    public override IReadOnlyList<PeerWay> PeerWays => [new PeerWay("C", n => _peer!.Write(Size, n))];

    public override bool IsOneThread => false;

    // Far more than are outstanding at once: one alone is a matter of the kernel's scheduler.
    public override int? FixedOperations => operations;

    public override void Prepare()
    {
        _peer = Own(new RxePeer(device, gidIndex));
        Context context = Own(Device.Open(device, VerbsProviders.LibIbverbs));
        ProtectionDomain domain = Own(context.AllocateDomain());
        HostBuffer buffer = Own(HostBuffer.Allocate(Room));
        MemoryRegion region = Own(domain.Register(buffer, AccessFlags.LocalWrite | AccessFlags.RemoteWrite));
        _queue = Own(context.CreateCompletionQueue(2 * Depth));
        PreparedQueuePair near = Own(Prepare(domain)), far = Own(Prepare(domain));
        QueuePairEndpoint one = near.Endpoint, other = far.Endpoint;
        Own(far.Handshake(one));
        _queuePair = Own(near.Handshake(other));
        _source = region.Gather(0, Size);
        _target = region.Remote.Slice(Room / 2, Size);
    }

    public override void RunOurs(int operations)
    {
        QueuePair queuePair = _queuePair!;
        CompletionQueue queue = _queue!;
        WorkCompletion[] completions = _completions;
        for (int posted = 0, done = 0; done < operations;)
        {
            for (; posted < operations && posted - done < Depth; posted++)
            {
                Errno errno = queuePair.PostWrite(new WriteWorkRequest(_source, _target), (ulong)posted);
                if (errno != Errno.None)
                    throw new CannotMeasureException($"A write was refused: {errno}.");
            }

            int found = queue.Poll(completions);
            for (int i = 0; i < found; i++)
            {
                if (!completions[i].IsSuccess)
                    throw new CannotMeasureException($"A write failed: {completions[i].Status}.");
            }

            done += Math.Max(found, 0);
        }
    }

    public override void Dispose()
    {
        while (_made.TryPop(out IDisposable? made))
            made.Dispose();
    }

    private PreparedQueuePair Prepare(ProtectionDomain domain) => QueuePair.Builder(domain)
        .WithCompletionQueue(_queue!)
        .WithSendCapacity(Depth, 1)
        .WithReceiveCapacity(1, 1)
        .WithGidIndex(gidIndex)
        .WithMtu(Mtu.Bytes1024)
        .Build();

    private T Own<T>(T thing)
        where T : IDisposable
    {
        _made.Push(thing);
        return thing;
    }
}
