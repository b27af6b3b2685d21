using Scatterlist.Verbs.Interop;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

public sealed class ReliableConnectionTests
{
    public static TheoryData<int> Lengths => [0, 1, 3, 4, 8, 255, 1023, 1024, 1025, 2048, 4097, 65536, 300_001];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Send_fills_a_receive(int length)
    {
        using var pair = new ConnectedPair();
        Random.Shared.NextBytes(pair.A.Memory);
        Assert.Equal(Errno.None, pair.B.PostReceive(7, pair.B.Piece(16, length + 5)));
        Assert.Equal(Errno.None, pair.A.Post(Endpoint.Entry(3, WorkRequestOpcode.Send), pair.A.Piece(8, length)));
        pair.Run(1, 1);
        WorkCompletion sent = Assert.Single(pair.A.Sent);
        Assert.Equal((3ul, CompletionStatus.Success, CompletionOpcode.Send), (sent.Id, sent.Status, sent.Opcode));
        WorkCompletion received = Assert.Single(pair.B.Received);
        Assert.Equal(
            (7ul, CompletionStatus.Success, CompletionOpcode.Receive), (received.Id, received.Status, received.Opcode));
        Assert.Equal((uint)length, received.ByteLength);
        Assert.Equal(pair.A.Memory.AsSpan(8, length), pair.B.Memory.AsSpan(16, length));
        Assert.Equal(0, pair.B.Memory[16 + length]);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Write_lands_in_the_peers_memory(int length)
    {
        using var pair = new ConnectedPair();
        Random.Shared.NextBytes(pair.A.Memory);
        SendEntry entry = Endpoint.Entry(
            3, WorkRequestOpcode.RdmaWrite, remoteAddress: (ulong)pair.B.AddressOf(9), remoteKey: pair.B.RemoteKey);
        int half = length / 2;
        Assert.Equal(
            Errno.None, pair.A.Post(entry, pair.A.Piece(8, half), pair.A.Piece(8 + half, length - half)));
        pair.Run(1);
        Assert.Equal(CompletionStatus.Success, Assert.Single(pair.A.Sent).Status);
        Assert.Equal(pair.A.Memory.AsSpan(8, length), pair.B.Memory.AsSpan(9, length));
        Assert.Equal(0, pair.B.Memory[9 + length]);
        Assert.Equal(0, pair.B.Memory[8]);
        Assert.Empty(pair.B.Received);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Read_fetches_the_peers_memory(int length)
    {
        using var pair = new ConnectedPair();
        Random.Shared.NextBytes(pair.B.Memory);
        SendEntry entry = Endpoint.Entry(
            3, WorkRequestOpcode.RdmaRead, remoteAddress: (ulong)pair.B.AddressOf(9), remoteKey: pair.B.RemoteKey);
        int half = length / 2;
        Assert.Equal(
            Errno.None, pair.A.Post(entry, pair.A.Piece(8, half), pair.A.Piece(8 + half, length - half)));
        pair.Run(1);
        WorkCompletion done = Assert.Single(pair.A.Sent);
        Assert.Equal((CompletionStatus.Success, CompletionOpcode.RdmaRead), (done.Status, done.Opcode));
        Assert.Equal(pair.B.Memory.AsSpan(9, length), pair.A.Memory.AsSpan(8, length));
        Assert.Equal(0, pair.A.Memory[8 + length]);
        Assert.Equal(0, pair.A.Memory[7]);
    }

    [Fact]
    public void Atomics_change_one_word_and_bring_the_old_value_back()
    {
        using var pair = new ConnectedPair();
        ulong address = (ulong)pair.B.AddressOf(64);
        uint key = pair.B.RemoteKey;
        BitConverter.TryWriteBytes(pair.B.Memory.AsSpan(64), 40ul);
        pair.A.Post(Endpoint.Atomic(1, WorkRequestOpcode.FetchAndAdd, address, key, 2), pair.A.Piece(0, 8));
        pair.A.Post(Endpoint.Atomic(2, WorkRequestOpcode.CompareAndSwap, address, key, 42, 99), pair.A.Piece(8, 8));
        pair.A.Post(Endpoint.Atomic(3, WorkRequestOpcode.CompareAndSwap, address, key, 42, 1), pair.A.Piece(16, 8));
        pair.Run(3);
        Assert.All(pair.A.Sent, completion => Assert.True(completion.IsSuccess));
        Assert.Equal(40ul, BitConverter.ToUInt64(pair.A.Memory, 0));
        Assert.Equal(42ul, BitConverter.ToUInt64(pair.A.Memory, 8));
        Assert.Equal(99ul, BitConverter.ToUInt64(pair.A.Memory, 16));
        Assert.Equal(99ul, BitConverter.ToUInt64(pair.B.Memory, 64));
    }

    [Fact]
    public void Write_with_immediate_completes_a_receive()
    {
        using var pair = new ConnectedPair();
        pair.A.Memory.AsSpan(0, 3000).Fill(7);
        pair.B.PostReceive(5);
        SendEntry entry = Endpoint.Entry(
            1, WorkRequestOpcode.RdmaWriteWithImmediate, remoteAddress: (ulong)pair.B.AddressOf(0),
            remoteKey: pair.B.RemoteKey, immediate: 0x11223344);
        pair.A.Post(entry, pair.A.Piece(0, 3000));
        pair.Run(1, 1);
        WorkCompletion received = Assert.Single(pair.B.Received);
        Assert.Equal(CompletionOpcode.ReceiveRdmaWithImmediate, received.Opcode);
        Assert.Equal(3000u, received.ByteLength);
        Assert.Equal(0x44332211u, received.Immediate);
        Assert.Equal(pair.A.Memory.AsSpan(0, 3000), pair.B.Memory.AsSpan(0, 3000));
    }
}
