using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma.Perf;

/// <summary>
/// Posts the messages of a test. Small ones go round in a page of memory, a cache line apart, as perftest's do, so that
/// they do not all hit one line. Allocates nothing a message.
/// </summary>
internal sealed class WorkPoster
{
    private const int InlineBytesOfSlot = 128; // a slot has a little more

    private readonly PerfEndpoint _endpoint;
    private readonly PerfSettings _settings;
    private readonly DatagramDestination?[] _destinations;
    private readonly RemoteMemoryRegion[] _remote;
    private readonly int _size;
    private readonly int _step;
    private readonly int _places;

    internal WorkPoster(PerfEndpoint endpoint, PerfSettings settings, int size)
    {
        _endpoint = endpoint;
        _settings = settings;
        _size = size;
        int line = endpoint.CacheLine;
        _step = (size + line - 1) / line * line;
        _places = settings.IsLatency || size > endpoint.CycleSize / 2 ? 1 : Math.Max(endpoint.CycleSize / _step, 1);
        _destinations = new DatagramDestination?[settings.QueuePairs];
        _remote = new RemoteMemoryRegion[settings.QueuePairs];
        for (int i = 0; i < settings.QueuePairs; i++)
        {
            _destinations[i] = endpoint.Destination(i);
            _remote[i] = endpoint.RemotePart(i);
        }
    }

    /// <summary>What a list needs for each message: its entry, and its bytes where they go inline.</summary>
    internal int SlotsPerMessage =>
        _size <= _endpoint.InlineSize ? 1 + ((_size + InlineBytesOfSlot - 1) / InlineBytesOfSlot) : 1;

    /// <summary>Posts a message.</summary>
    /// <param name="queuePair">On which queue pair.</param>
    /// <param name="sequence">How many were posted there before.</param>
    /// <param name="signaled">Whether it completes.</param>
    /// <param name="id">What the completion carries.</param>
    internal void Post(int queuePair, long sequence, bool signaled, ulong id)
    {
        QueuePair target = _endpoint.QueuePairs[queuePair];
        Errno errno = _settings.Verb switch
        {
            PerfVerb.Write => target.PostWrite(Write(queuePair, sequence, signaled), id),
            PerfVerb.Read => target.PostRead(Read(queuePair, sequence, signaled), id),
            PerfVerb.Send => target.PostSend(Send(queuePair, sequence, signaled), id),
            _ => _settings.IsCompareAndSwap
                ? target.PostCompareAndSwap(CompareAndSwap(queuePair, sequence, signaled), id)
                : target.PostFetchAndAdd(FetchAndAdd(queuePair, sequence, signaled), id),
        };
        Check(errno, sequence);
    }

    /// <summary>Adds a message to a list that is posted as one.</summary>
    /// <inheritdoc cref="Post"/>
    internal void Add(ref PostBatch batch, int queuePair, long sequence, bool signaled, ulong id)
    {
        Errno errno = _settings.Verb switch
        {
            PerfVerb.Write => batch.Add(Write(queuePair, sequence, signaled), id),
            PerfVerb.Read => batch.Add(Read(queuePair, sequence, signaled), id),
            PerfVerb.Send => batch.Add(Send(queuePair, sequence, signaled), id),
            _ => _settings.IsCompareAndSwap
                ? batch.Add(CompareAndSwap(queuePair, sequence, signaled), id)
                : batch.Add(FetchAndAdd(queuePair, sequence, signaled), id),
        };
        Check(errno, sequence);
    }

    internal static void Check(Errno errno, long sequence)
    {
        if (errno != Errno.None)
            throw new WorkFailedException($"message {sequence + 1}", errno);
    }

    private WriteWorkRequest Write(int queuePair, long sequence, bool signaled) =>
        new(Bytes(queuePair, sequence), Remote(queuePair, sequence))
        {
            Unsignaled = !signaled, Inline = _size <= _endpoint.InlineSize,
        };

    private ReadWorkRequest Read(int queuePair, long sequence, bool signaled) =>
        new(Room(queuePair, sequence), Remote(queuePair, sequence)) { Unsignaled = !signaled };

    private SendWorkRequest Send(int queuePair, long sequence, bool signaled) => new(Bytes(queuePair, sequence))
    {
        Unsignaled = !signaled, Inline = _size <= _endpoint.InlineSize, Destination = _destinations[queuePair],
    };

    private CompareAndSwapWorkRequest CompareAndSwap(int queuePair, long sequence, bool signaled) =>
        new(Room(queuePair, sequence), Remote(queuePair, sequence), compare: 0, swap: 0) { Unsignaled = !signaled };

    private FetchAndAddWorkRequest FetchAndAdd(int queuePair, long sequence, bool signaled) =>
        new(Room(queuePair, sequence), Remote(queuePair, sequence), add: 1) { Unsignaled = !signaled };

    private GatherElement Bytes(int queuePair, long sequence) =>
        _endpoint.Region.Gather(_endpoint.SendOffset(queuePair) + Place(sequence), (nuint)_size);

    private ScatterElement Room(int queuePair, long sequence) =>
        _endpoint.Region.Scatter(_endpoint.SendOffset(queuePair) + Place(sequence), (nuint)_size);

    private RemoteMemoryRegion Remote(int queuePair, long sequence) =>
        _remote[queuePair].Slice(Place(sequence), (ulong)_size);

    private nuint Place(long sequence) => (nuint)(sequence % _places * _step);
}
