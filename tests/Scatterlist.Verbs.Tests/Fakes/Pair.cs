namespace Scatterlist.Verbs.Tests.Fakes;

/// <summary>A connected queue pair on a fake device, with a region.</summary>
internal sealed class Pair : IDisposable
{
    internal Pair(
        Action<QueuePairBuilder>? configure = null, bool ownChannel = false, int entries = 256,
        AccessFlags access = AccessFlags.LocalWrite)
    {
        (Fake, Context) = FakeContext.Open();
        Domain = Context.AllocateDomain();
        Channel = ownChannel ? Context.CreateCompletionChannel() : null;
        Queue = Context.CreateCompletionQueue(entries, Channel);
        Buffer = HostBuffer.Allocate(4096);
        Region = Domain.Register(Buffer, access);
        QueuePairBuilder builder = QueuePair.Builder(Domain).WithCompletionQueue(Queue).WithInlineBytes(64);
        configure?.Invoke(builder);
        PreparedQueuePair prepared = builder.Build();
        FakeQueuePair = Fake.QueuePairs[^1];
        QueuePair = prepared.Endpoint.Type == QueuePairType.UnreliableDatagram
            ? prepared.Activate()
            : prepared.Handshake(prepared.Endpoint);
    }

    internal FakeContext Fake { get; }

    internal Context Context { get; }

    internal ProtectionDomain Domain { get; }

    internal CompletionChannel? Channel { get; }

    internal CompletionQueue Queue { get; }

    internal FakeCompletionQueue FakeQueue => (FakeCompletionQueue)Queue.Provider;

    internal HostBuffer Buffer { get; }

    internal MemoryRegion Region { get; }

    internal QueuePair QueuePair { get; }

    internal FakeQueuePair FakeQueuePair { get; }

    internal RemoteMemoryRegion Remote { get; } = new(new RemoteAddress(0x1000), 65536, new RemoteKey(0x55));

    internal WriteWorkRequest Write(nuint length = 8) => new(Region.Gather(0, length), Remote);

    public void Dispose()
    {
        QueuePair.Dispose();
        Queue.Dispose();
        Channel?.Dispose();
        Region.Dispose();
        Buffer.Dispose();
        Domain.Dispose();
        Context.Dispose();
    }
}
