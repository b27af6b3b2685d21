using Scatterlist.Compare.Harness;
using Scatterlist.Compare.Peers;
using Scatterlist.Verbs;

namespace Scatterlist.Compare.Areas.Verbs;

/// <summary>
/// A write and its completion through libibverbs' tables, beside C through the same functions: what our side adds to a
/// real card's post and poll.
/// </summary>
internal sealed class IbverbsComparison : Comparison
{
    private readonly WorkCompletion[] _completions = new WorkCompletion[1];
    private IbverbsPeer? _peer;
    private Context? _context;
    private ProtectionDomain? _domain;
    private HostBuffer? _buffer;
    private MemoryRegion? _region;
    private CompletionQueue? _queue;
    private QueuePair? _queuePair;

    public override string Name => "libibverbs: post and poll a write";

    public override Unit Unit => Unit.Nanoseconds;

    public override Threshold Bar => Threshold.AtMostMore(30, Unit.Nanoseconds);

    public override ulong BytesPerOperation => 0;

    public override string? Missing => IbverbsPeer.Missing;

    public override IReadOnlyList<PeerWay> PeerWays =>
        [new PeerWay("C, ibv_post_send and ibv_poll_cq", n => _peer!.Write(_buffer!.Address, n))];

    public override void Prepare()
    {
        _peer = new IbverbsPeer();
        _context = _peer.Open();
        _domain = _context.AllocateDomain();
        _buffer = HostBuffer.Allocate(4096);
        _region = _domain.Register(_buffer, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        _queue = _context.CreateCompletionQueue(16);
        PreparedQueuePair prepared = QueuePair.Builder(_domain).WithCompletionQueue(_queue).Build();
        _queuePair = prepared.Handshake(prepared.Endpoint);
    }

    public override void RunOurs(int operations)
    {
        QueuePair queuePair = _queuePair!;
        CompletionQueue queue = _queue!;
        RemoteMemoryRegion target = _region!.Remote;
        for (int i = 0; i < operations; i++)
        {
            Errno errno = queuePair.PostWrite(new WriteWorkRequest(_region.Gather(0, 64), target), 1);
            if (errno != Errno.None || queue.Poll(_completions) != 1 || !_completions[0].IsSuccess)
                throw new InvalidOperationException($"The write failed: {errno}, {_completions[0]}.");
        }
    }

    public override void Dispose()
    {
        _queuePair?.Dispose();
        _queue?.Dispose();
        _region?.Dispose();
        _buffer?.Dispose();
        _domain?.Dispose();
        _context?.Dispose();
        _peer?.Dispose();
    }
}
