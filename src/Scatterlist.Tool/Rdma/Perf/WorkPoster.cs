using Scatterlist.Verbs;

namespace Scatterlist.Tool.Rdma.Perf;

/// <summary>
/// Posts the messages of a test. Small ones go round in a page of memory, a cache line apart, as perftest's do, so that
/// they do not all hit one line. Allocates nothing a message.
/// </summary>
internal sealed class WorkPoster
{
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

    /// <summary>Posts a message.</summary>
    /// <param name="queuePair">On which queue pair.</param>
    /// <param name="sequence">How many were posted there before.</param>
    /// <param name="signaled">Whether it completes.</param>
    /// <param name="id">What the completion carries.</param>
    internal void Post(int queuePair, long sequence, bool signaled, ulong id)
    {
        nuint place = (nuint)(sequence % _places * _step);
        QueuePair target = _endpoint.QueuePairs[queuePair];
        nuint local = (nuint)_endpoint.SendOffset(queuePair) + place;
        bool inline = _size <= _endpoint.InlineSize;
        Errno errno = _settings.Verb switch
        {
            PerfVerb.Write => target.PostWrite(
                new WriteWorkRequest(
                    _endpoint.Region.Gather(local, (nuint)_size), _remote[queuePair].Slice(place, (ulong)_size))
                {
                    Unsignaled = !signaled, Inline = inline,
                },
                id),
            PerfVerb.Read => target.PostRead(
                new ReadWorkRequest(
                    _endpoint.Region.Scatter(local, (nuint)_size), _remote[queuePair].Slice(place, (ulong)_size))
                {
                    Unsignaled = !signaled,
                },
                id),
            PerfVerb.Send => target.PostSend(
                new SendWorkRequest(_endpoint.Region.Gather(local, (nuint)_size))
                {
                    Unsignaled = !signaled, Inline = inline, Destination = _destinations[queuePair],
                },
                id),
            _ => PostAtomic(target, local, _remote[queuePair].Slice(place, (ulong)_size), signaled, id),
        };
        if (errno != Errno.None)
            throw new WorkFailedException($"message {sequence + 1}", errno);
    }

    private Errno PostAtomic(
        QueuePair target, nuint local, RemoteMemoryRegion remote, bool signaled, ulong id)
    {
        ScatterElement result = _endpoint.Region.Scatter(local, (nuint)_size);
        return _settings.IsCompareAndSwap
            ? target.PostCompareAndSwap(
                new CompareAndSwapWorkRequest(result, remote, compare: 0, swap: 0) { Unsignaled = !signaled }, id)
            : target.PostFetchAndAdd(new FetchAndAddWorkRequest(result, remote, add: 1) { Unsignaled = !signaled }, id);
    }
}
