using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>One-sided operations on a path that reaches the peer's memory: the same results, without packets.</summary>
public sealed class DirectTests : IDisposable
{
    private readonly ConnectedPair _pair;
    private readonly FakeDirect _direct;
    private int _packets;

    public DirectTests()
    {
        _pair = new ConnectedPair(network: network => network.IsReliable = true);
        _direct = new FakeDirect(_pair.B);
        _pair.Network.Direct = _direct;
        _pair.Network.Filter = _ =>
        {
            _packets++;
            return true;
        };
        Random.Shared.NextBytes(_pair.A.Memory);
        Random.Shared.NextBytes(_pair.B.Memory.AsSpan(1 << 19));
    }

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void The_first_one_goes_by_packets_and_the_next_ones_do_not()
    {
        Write(1, 0, 100);
        _pair.Run(1);
        Assert.NotEqual(0, _packets);
        _packets = 0;
        ulong word = (ulong)_pair.B.AddressOf(8192);
        Write(2, 200, 3000);
        _pair.A.Post(
            Entry(3, WorkRequestOpcode.RdmaRead, 1 << 19), _pair.A.Piece(1 << 19, 1000), _pair.A.Piece(700_000, 500));
        _pair.A.Post(
            Endpoint.Atomic(4, WorkRequestOpcode.FetchAndAdd, word, _pair.B.RemoteKey, 5),
            _pair.A.Piece(800_000, 8));
        _pair.A.Post(
            Endpoint.Atomic(5, WorkRequestOpcode.CompareAndSwap, word, _pair.B.RemoteKey, 5, 6),
            _pair.A.Piece(800_008, 8));
        _pair.A.Poll();
        Assert.Equal(0, _packets);
        Assert.Equal([1ul, 2, 3, 4, 5], _pair.A.Sent.Select(completion => completion.Id));
        Assert.All(_pair.A.Sent, completion => Assert.True(completion.IsSuccess));
        Assert.Equal(_pair.A.Memory.AsSpan(200, 3000), _pair.B.Memory.AsSpan(200, 3000));
        Assert.Equal(_pair.B.Memory.AsSpan(1 << 19, 1000), _pair.A.Memory.AsSpan(1 << 19, 1000));
        Assert.Equal(_pair.B.Memory.AsSpan((1 << 19) + 1000, 500), _pair.A.Memory.AsSpan(700_000, 500));
        Assert.Equal(0ul, BitConverter.ToUInt64(_pair.A.Memory, 800_000));
        Assert.Equal(5ul, BitConverter.ToUInt64(_pair.A.Memory, 800_008));
        Assert.Equal(6ul, BitConverter.ToUInt64(_pair.B.Memory, 8192));
        Assert.Equal(0, _direct.Open);
    }

    [Fact]
    public void What_was_not_granted_goes_by_packets_and_is_judged_there()
    {
        Write(1, 0, 100);
        _pair.Run(1);
        _direct.IsGranted = false;
        Write(2, 0, 100);
        _pair.A.Post(
            Endpoint.Entry(
                3, WorkRequestOpcode.RdmaWrite, remoteAddress: (ulong)_pair.B.AddressOf(0),
                remoteKey: _pair.B.RemoteKey ^ 1),
            _pair.A.Piece(0, 8));
        _pair.Run(3);
        Assert.Equal(
            [CompletionStatus.Success, CompletionStatus.Success, CompletionStatus.RemoteAccessError],
            _pair.A.Sent.Select(completion => completion.Status));
    }

    [Fact]
    public void Nothing_overtakes_what_is_on_its_way()
    {
        Write(1, 0, 100);
        _pair.Run(1);
        _pair.B.PostReceive(9, _pair.B.Piece(600_000, 100));
        _pair.A.Post(Endpoint.Entry(2, WorkRequestOpcode.Send), _pair.A.Piece(0, 100));
        Write(3, 400, 8); // a short one follows by packets
        Write(4, 5000, 20_000); // a long one waits, and saves its packets
        Assert.Equal(0, _pair.B.Memory[400]);
        _pair.Run(4, 1);
        Assert.Equal([1ul, 2, 3, 4], _pair.A.Sent.Select(completion => completion.Id));
        Assert.Equal(_pair.A.Memory.AsSpan(5000, 20_000), _pair.B.Memory.AsSpan(5000, 20_000));
        Assert.Equal(_pair.A.Memory.AsSpan(400, 8), _pair.B.Memory.AsSpan(400, 8));
    }

    [Fact]
    public void A_grant_that_is_taken_back_within_a_long_write_leaves_the_rest_to_packets()
    {
        using var pair = new ConnectedPair(network: network => network.IsReliable = true);
        const int Length = 9 << 20;
        using var big = new Endpoint(pair.Network.AddNic(3), memory: Length);
        using var source = new Endpoint(pair.Network.AddNic(4), memory: Length);
        source.Connect(SimulatedNetwork.AddressOf(3), big.QueuePair.Number);
        big.Connect(SimulatedNetwork.AddressOf(4), source.QueuePair.Number);
        var direct = new FakeDirect(big);
        pair.Network.Direct = direct;
        Random.Shared.NextBytes(source.Memory);
        source.Post(Entry(big, 1, WorkRequestOpcode.RdmaWrite, 0), source.Piece(0, 8));
        Wait(1);
        direct.Left = 2;
        source.Post(Entry(big, 2, WorkRequestOpcode.RdmaWrite, 0), source.Piece(0, Length));
        Wait(2);
        Assert.Equal(0, direct.Left);
        Assert.All(source.Sent, completion => Assert.True(completion.IsSuccess));
        Assert.True(source.Memory.AsSpan().SequenceEqual(big.Memory));

        void Wait(int count) => pair.Network.Run(() =>
        {
            source.Poll();
            return source.Sent.Count == count;
        });
    }

    [Fact]
    public void A_queue_is_drained_when_a_long_write_that_it_was_in_is_done()
    {
        const int Length = 40 << 20;
        using var pair = new ConnectedPair(network: network => network.IsReliable = true);
        using var big = new Endpoint(pair.Network.AddNic(3), memory: Length);
        using var source = new Endpoint(pair.Network.AddNic(4), memory: Length);
        source.Connect(SimulatedNetwork.AddressOf(3), big.QueuePair.Number);
        big.Connect(SimulatedNetwork.AddressOf(4), source.QueuePair.Number);
        pair.Network.Direct = new FakeDirect(big);
        source.Post(Entry(big, 1, WorkRequestOpcode.RdmaWrite, 0), source.Piece(0, 8));
        Wait(1);
        source.Memory[^1] = 9;
        source.Post(Entry(big, 2, WorkRequestOpcode.RdmaWrite, 0), source.Piece(0, Length));
        Assert.Equal(0, big.Memory[^1]);
        Assert.Equal(
            Errno.None,
            source.Modify(
                QueuePairState.SendQueueDrain, QueuePairAttributeMask.EnableDrainedEvent,
                new QueuePairAttributes { EnableDrainedEvent = true }));
        Assert.DoesNotContain(AsyncEventType.SendQueueDrained, source.Events());
        source.QueuePair.Query(QueuePairAttributeMask.State, out QueuePairAttributes attributes);
        Assert.True(attributes.IsDraining);
        Wait(2);
        Assert.Equal(9, big.Memory[^1]);
        Assert.Contains(AsyncEventType.SendQueueDrained, source.Events());

        void Wait(int count) => pair.Network.Run(() =>
        {
            source.Poll();
            return source.Sent.Count == count;
        });
    }

    [Fact]
    public void An_atomic_off_its_words_is_refused_by_the_owner_though_its_bytes_are_aligned()
    {
        Write(1, 0, 100);
        _pair.Run(1);
        using var shifted = (SoftRegion)_pair.B.Domain.RegisterMemory(
            new Block(_pair.B.AddressOf(0), 4096), 0x1004, Endpoint.All, null, null, 0);
        _direct.Key = shifted.RemoteKeyValue;
        _pair.A.Post(
            Endpoint.Atomic(2, WorkRequestOpcode.FetchAndAdd, 0x1004 + 8, shifted.RemoteKeyValue, 5),
            _pair.A.Piece(800_000, 8));
        _pair.Run(2);
        Assert.Equal(CompletionStatus.RemoteInvalidRequestError, _pair.A.Sent[1].Status);
    }

    [Fact]
    public void A_wrong_local_key_fails_as_ever()
    {
        Write(1, 0, 100);
        _pair.Run(1);
        ScatterGatherEntry piece = _pair.A.Piece(0, 8);
        piece.LocalKey ^= 1;
        _pair.A.Post(Entry(2, WorkRequestOpcode.RdmaWrite, 0), piece);
        _pair.A.Poll();
        Assert.Equal(CompletionStatus.LocalProtectionError, _pair.A.Sent[1].Status);
    }

    private void Write(ulong id, int offset, int length) => Assert.Equal(
        Errno.None, _pair.A.Post(Entry(id, WorkRequestOpcode.RdmaWrite, offset), _pair.A.Piece(offset, length)));

    private SendEntry Entry(ulong id, WorkRequestOpcode opcode, int offset) => Entry(_pair.B, id, opcode, offset);

    private static SendEntry Entry(Endpoint to, ulong id, WorkRequestOpcode opcode, int offset) =>
        Endpoint.Entry(id, opcode, remoteAddress: (ulong)to.AddressOf(offset), remoteKey: to.RemoteKey);

    private sealed unsafe class FakeDirect(Endpoint owner) : DirectAccess
    {
        internal bool IsGranted { get; set; } = true;

        internal uint Key { get; set; } = owner.RemoteKey;

        internal int Left { get; set; } = int.MaxValue;

        internal int Open { get; private set; }

        internal override byte* TryBegin(uint queuePair, uint key, ulong address, ulong length, AccessFlags rights)
        {
            Assert.Equal(owner.QueuePair.Number, queuePair);
            if (!IsGranted || Left == 0 || key != Key)
                return null;
            Left--;
            Assert.Equal(0, Open++);
            return owner.Nic.Engine.Regions.TryRemote(key, owner.Domain, address, (uint)length, rights);
        }

        internal override void End() => Open--;
    }
}
