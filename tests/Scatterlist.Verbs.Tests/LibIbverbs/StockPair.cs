namespace Scatterlist.Verbs.Tests.LibIbverbs;

/// <summary>Two connected queue pairs of the device <c>fake0</c>, with a region of 4096 bytes.</summary>
internal sealed class StockPair : IDisposable
{
    private readonly HostBuffer _buffer = HostBuffer.Allocate(4096);
    private readonly Dictionary<ulong, WorkCompletion> _taken = [];

    internal StockPair(int sends = 64)
    {
        Context = Device.Open("fake0", VerbsProviders.LibIbverbs);
        Domain = Context.AllocateDomain();
        Queue = Context.CreateCompletionQueue(256);
        Region = Domain.Register(
            _buffer,
            AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic);
        QueuePairBuilder builder = QueuePair.Builder(Domain).WithCompletionQueue(Queue).WithSendCapacity(sends, 4)
            .WithInlineBytes(32);
        PreparedQueuePair first = builder.Build(), second = builder.Build();
        First = first.Handshake(second.Endpoint);
        Second = second.Handshake(first.Endpoint);
    }

    internal Context Context { get; }

    internal ProtectionDomain Domain { get; }

    internal CompletionQueue Queue { get; }

    internal MemoryRegion Region { get; }

    internal Span<byte> Bytes => _buffer.AsSpan();

    internal QueuePair First { get; }

    internal QueuePair Second { get; }

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
        Region.Dispose();
        Queue.Dispose();
        Domain.Dispose();
        Context.Dispose();
        _buffer.Dispose();
    }

    /// <summary>Takes the one completion of work that was posted.</summary>
    internal void Run(Errno posted)
    {
        Assert.Equal(Errno.None, posted);
        Assert.True(Queue.TryPoll(out WorkCompletion completion));
        completion.EnsureSuccess();
    }

    /// <summary>The completion of an id, in whatever order they come.</summary>
    internal WorkCompletion Take(ulong id)
    {
        while (!_taken.ContainsKey(id))
        {
            Assert.True(Queue.TryPoll(out WorkCompletion completion), $"There is no completion of {id}.");
            _taken.Add(completion.Id, completion);
        }

        _taken.Remove(id, out WorkCompletion found);
        return found;
    }

    internal WorkCompletion Take(ulong id, out WorkCompletion completion) => completion = Take(id);
}
