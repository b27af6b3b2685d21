using System.Diagnostics;

namespace Scatterlist.Verbs.SoftRoce.Tests.Nic;

/// <summary>Two soft NICs in this process with a connected queue pair each.</summary>
internal sealed class NicPair : IDisposable
{
    internal NicPair(
        SoftNicOptions options, QueuePairType type = QueuePairType.ReliableConnected, int bytes = 2 << 20,
        SoftNicOptions? right = null, Action<QueuePairEndpoint>? beforeHandshake = null, int ackTimeout = 14, int inline = 64)
    {
        Left = new Side(options, type, bytes, ackTimeout, inline);
        Right = new Side(right ?? options, type, bytes, ackTimeout, inline);
        beforeHandshake?.Invoke(Right.Prepared.Endpoint);
        QueuePairEndpoint left = Left.Prepared.Endpoint;
        Left.Pair = Left.Prepared.Handshake(Right.Prepared.Endpoint);
        Right.Pair = Right.Prepared.Handshake(left);
    }

    internal Side Left { get; }

    internal Side Right { get; }

    public void Dispose()
    {
        Left.Dispose();
        Right.Dispose();
    }

    internal sealed class Side : IDisposable
    {
        private readonly Context _context;
        private readonly CompletionQueue _queue;
        private readonly ProtectionDomain _domain;
        private readonly HostBuffer _buffer;

        internal Side(SoftNicOptions options, QueuePairType type, int bytes, int ackTimeout, int inline)
        {
            _context = SoftNic.Open(options);
            _domain = _context.AllocateDomain();
            _queue = _context.CreateCompletionQueue(64);
            _buffer = HostBuffer.Allocate((nuint)bytes, new HostBufferOptions { IsShareable = true });
            Region = _domain.Register(
                _buffer,
                AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic);
            Prepared = QueuePair.Builder(_domain).WithCompletionQueue(_queue).WithType(type).WithAckTimeout(ackTimeout)
                .WithInlineBytes(inline)
                .WithAccess(AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic).Build();
        }

        internal PreparedQueuePair Prepared { get; }

        internal QueuePair Pair { get; set; } = null!;

        internal MemoryRegion Region { get; }

        internal IDisposable[] Parts => [_context, _domain, _queue, _buffer, Region, Prepared, Pair];

        internal Span<byte> Span => _buffer.Memory.Span;

        internal byte[] Bytes => Span.ToArray();

        internal void Fill(byte seed) => new Random(seed).NextBytes(Span);

        internal void Expect(ulong id, CompletionStatus status = CompletionStatus.Success)
        {
            WorkCompletion completion = Next();
            Assert.Equal((id, status), (completion.Id, completion.Status));
        }

        internal WorkCompletion Next()
        {
            WorkCompletion completion;
            var clock = Stopwatch.StartNew();
            while (!_queue.TryPoll(out completion))
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "No completion in 30 s.");
            return completion;
        }

        public void Dispose()
        {
            Pair?.Dispose();
            Region.Dispose();
            _buffer.Dispose();
            _queue.Dispose();
            _domain.Dispose();
            _context.Dispose();
        }
    }
}
