using System.Diagnostics;

namespace Scatterlist.Verbs.SoftRoce.Tests.Nic;

/// <summary>Two soft NICs in this process with a connected queue pair each.</summary>
internal sealed class NicPair : IDisposable
{
    internal NicPair(
        SoftNicOptions options, QueuePairType type = QueuePairType.ReliableConnected, int bytes = 2 << 20,
        SoftNicOptions? right = null, Action<QueuePairEndpoint>? beforeHandshake = null, int ackTimeout = 14)
    {
        Left = new Side(options, type, bytes, ackTimeout);
        Right = new Side(right ?? options, type, bytes, ackTimeout);
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

        internal Side(SoftNicOptions options, QueuePairType type, int bytes, int ackTimeout)
        {
            _context = SoftNic.Open(options);
            _domain = _context.AllocateDomain();
            _queue = _context.CreateCompletionQueue(64);
            _buffer = HostBuffer.Allocate((nuint)bytes, new HostBufferOptions { IsShareable = true });
            Region = _domain.Register(
                _buffer,
                AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic);
            Prepared = QueuePair.Builder(_domain).WithCompletionQueue(_queue).WithType(type).WithAckTimeout(ackTimeout)
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
            var completions = new WorkCompletion[1];
            var clock = Stopwatch.StartNew();
            while (_queue.Poll(completions) == 0)
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"No completion {id} in 30 s.");
            Assert.Equal((id, status), (completions[0].Id, completions[0].Status));
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
