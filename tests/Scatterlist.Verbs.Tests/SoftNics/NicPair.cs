using Scatterlist.Verbs.SoftRoce;

namespace Scatterlist.Verbs.Tests.SoftNics;

/// <summary>Two soft NICs with a connection between them.</summary>
internal sealed class NicPair : IDisposable
{
    internal const AccessFlags All =
        AccessFlags.LocalWrite | AccessFlags.RemoteRead | AccessFlags.RemoteWrite | AccessFlags.RemoteAtomic;

    internal NicPair(bool sameHost)
    {
        Left = new End(sameHost);
        Right = new End(sameHost);
        Left.QueuePair = Left.Prepared.Handshake(QueuePairEndpoint.Parse(Right.Prepared.Endpoint.ToString()));
        Right.QueuePair = Right.Prepared.Handshake(Left.Prepared.Endpoint);
    }

    internal End Left { get; }

    internal End Right { get; }

    internal IEnumerable<IDisposable> Objects => Left.Objects.Concat(Right.Objects);

    public void Dispose()
    {
        foreach (IDisposable item in Objects)
            item.Dispose();
    }

    internal sealed class End
    {
        internal End(bool sameHost)
        {
            Context = SoftNic.Open(new SoftNicOptions { SameHost = sameHost });
            Domain = Context.AllocateDomain();
            Queue = Context.CreateCompletionQueue(256);
            Buffer = HostBuffer.Allocate(65536, new HostBufferOptions { IsShareable = true });
            Region = Domain.Register(Buffer, All);
            Prepared = QueuePair.Builder(Domain).WithCompletionQueue(Queue).WithInlineBytes(32).Build();
            QueuePair = null!;
        }

        internal Context Context { get; }

        internal ProtectionDomain Domain { get; }

        internal CompletionQueue Queue { get; }

        internal HostBuffer Buffer { get; }

        internal MemoryRegion Region { get; }

        internal PreparedQueuePair Prepared { get; }

        internal QueuePair QueuePair { get; set; }

        internal IEnumerable<IDisposable> Objects => [QueuePair, Queue, Region, Buffer, Domain, Context, Prepared];
    }
}
