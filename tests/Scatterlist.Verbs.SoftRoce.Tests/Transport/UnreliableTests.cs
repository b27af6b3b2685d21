using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>UC and UD: nothing is answered, and what is wrong is dropped.</summary>
public sealed class UnreliableTests
{
    private const uint P = RawPeer.FirstPsn;
    private const int GlobalRoute = 40;

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(1024)]
    [InlineData(5000)]
    public void Connected_sends_and_writes_arrive_whole(int length)
    {
        using var pair = new ConnectedPair(QueuePairType.UnreliableConnected);
        Random.Shared.NextBytes(pair.A.Memory);
        pair.B.PostReceive(1, pair.B.Piece(0, length));
        pair.B.PostReceive(2);
        pair.A.Post(Endpoint.Entry(1, WorkRequestOpcode.Send), pair.A.Piece(64, length));
        pair.A.Post(
            Endpoint.Entry(
                2, WorkRequestOpcode.RdmaWriteWithImmediate, remoteAddress: (ulong)pair.B.AddressOf(8192),
                remoteKey: pair.B.RemoteKey, immediate: 5),
            pair.A.Piece(64, length));
        pair.Run(2, 2);
        Assert.All(pair.A.Sent, completion => Assert.True(completion.IsSuccess));
        Assert.Equal([(uint)length, (uint)length], pair.B.Received.Select(completion => completion.ByteLength));
        Assert.Equal(pair.A.Memory.AsSpan(64, length), pair.B.Memory.AsSpan(0, length));
        Assert.Equal(pair.A.Memory.AsSpan(64, length), pair.B.Memory.AsSpan(8192, length));
    }

    [Fact]
    public void A_message_that_misses_a_part_is_dropped_and_its_receive_serves_the_next()
    {
        using var peer = new RawPeer(QueuePairType.UnreliableConnected);
        peer.Endpoint.PostReceive(1, peer.Endpoint.Piece(0, 8192));
        peer.Send(Opcode.UcSendFirst, P, RawPeer.Mtu, ask: false);
        peer.Send(Opcode.UcSendLast, P + 2, 4, ask: false);
        peer.Send(Opcode.UcSendMiddle, P + 3, RawPeer.Mtu, ask: false);
        peer.Send(Opcode.UcSendOnly, P + 700, 3, ask: false, fill: 9);
        peer.Endpoint.Poll();
        WorkCompletion received = Assert.Single(peer.Endpoint.Received);
        Assert.Equal((1ul, 3u), (received.Id, received.ByteLength));
        Assert.Equal(9, peer.Endpoint.Memory[0]);
        Assert.Empty(peer.Take());
    }

    [Fact]
    public void A_double_is_not_done_twice()
    {
        using var peer = new RawPeer(QueuePairType.UnreliableConnected);
        peer.Endpoint.PostReceive(1, peer.Endpoint.Piece(0, 64));
        peer.Endpoint.PostReceive(2, peer.Endpoint.Piece(0, 64));
        peer.Send(Opcode.UcSendOnly, P, 3, ask: false);
        peer.Send(Opcode.UcSendOnly, P, 3, ask: false);
        peer.Endpoint.Poll();
        Assert.Single(peer.Endpoint.Received);
    }

    [Theory]
    [InlineData("no receive")]
    [InlineData("too long")]
    [InlineData("wrong key")]
    [InlineData("no rights")]
    public void What_may_not_be_is_dropped_and_the_connection_goes_on(string what)
    {
        using var peer = new RawPeer(
            QueuePairType.UnreliableConnected,
            options => options.Access = what == "no rights" ? AccessFlags.LocalWrite : Endpoint.All);
        switch (what)
        {
            case "no receive":
                peer.Send(Opcode.UcSendOnly, P, 8, ask: false);
                break;
            case "too long":
                peer.Endpoint.PostReceive(7, peer.Endpoint.Piece(0, 4));
                peer.Send(Opcode.UcSendOnly, P, 8, ask: false);
                break;
            default:
                peer.Send(
                    Opcode.UcWriteOnly, P, 8, ask: false, address: peer.Address(0),
                    key: peer.Endpoint.RemoteKey ^ (what == "wrong key" ? 1u : 0));
                break;
        }

        Assert.Equal(-1, peer.Endpoint.Memory.AsSpan().IndexOfAnyExcept((byte)0));
        Assert.Empty(peer.Take());
        Assert.Equal(QueuePairState.ReadyToSend, peer.State);
    }

    [Theory]
    [InlineData((int)WorkRequestOpcode.RdmaRead)]
    [InlineData((int)WorkRequestOpcode.FetchAndAdd)]
    [InlineData((int)WorkRequestOpcode.SendWithInvalidate)]
    public void What_needs_answers_cannot_be_posted(int opcode)
    {
        using var pair = new ConnectedPair(QueuePairType.UnreliableConnected);
        Assert.Equal(
            Errno.EINVAL, pair.A.Post(Endpoint.Entry(1, (WorkRequestOpcode)opcode), pair.A.Piece(0, 8)));
    }

    [Fact]
    public void A_datagram_brings_its_route_and_its_sender()
    {
        using var pair = new ConnectedPair(QueuePairType.UnreliableDatagram);
        using var handle = new SoftAddressHandle(
            pair.A.Domain,
            new AddressHandleAttributes(SimulatedNetwork.AddressOf(2)) { TrafficClass = 0x20, HopLimit = 9 });
        pair.A.Memory.AsSpan(0, 11).Fill(3);
        pair.B.PostReceive(1, pair.B.Piece(0, 30), pair.B.Piece(100, 21));
        SendEntry entry = Datagram(handle, pair.B.QueuePair.Number, 0x1111);
        entry.Opcode = (int)WorkRequestOpcode.SendWithImmediate;
        entry.Immediate = 0x01020304;
        Assert.Equal(Errno.None, pair.A.Post(entry, pair.A.Piece(0, 11)));
        pair.Run(1, 1);
        WorkCompletion received = Assert.Single(pair.B.Received);
        Assert.Equal(GlobalRoute + 11u, received.ByteLength);
        Assert.Equal(CompletionFlags.GlobalRoute | CompletionFlags.Immediate, received.Flags);
        Assert.Equal(pair.A.QueuePair.Number, received.SourceQueuePairNumber);
        byte[] all = [.. pair.B.Memory.AsSpan(0, 30), .. pair.B.Memory.AsSpan(100, 21)];
        Assert.Equal(new byte[20], all[..20]);
        Assert.Equal((0x45, 0x20, 9, 17), (all[20], all[21], all[28], all[29]));
        Assert.Equal([10, 0, 0, 1, 10, 0, 0, 2], all[32..40]);
        Assert.Equal(0xffff, Sum(all.AsSpan(20, 20)));
        Assert.Equal(pair.A.Memory.AsSpan(0, 11), all.AsSpan(40));
    }

    [Theory]
    [InlineData(0x1111u, true)]
    [InlineData(0x1112u, false)]
    [InlineData(0x8000_0000u, true)] // the top bit: the queue pair's own
    public void A_datagram_needs_the_queue_key(uint key, bool arrives)
    {
        using var pair = new ConnectedPair(QueuePairType.UnreliableDatagram);
        using SoftAddressHandle handle = MakeHandle(pair.A.Domain);
        pair.B.PostReceive(1, pair.B.Piece(0, 100));
        Assert.Equal(Errno.None, pair.A.Post(Datagram(handle, pair.B.QueuePair.Number, key), pair.A.Piece(0, 4)));
        pair.Run(1);
        pair.Network.Run(0.01);
        pair.B.Poll();
        Assert.Equal(arrives ? 1 : 0, pair.B.Received.Count);
    }

    [Fact]
    public void A_receive_that_is_too_small_stays_for_a_smaller_datagram()
    {
        using var pair = new ConnectedPair(QueuePairType.UnreliableDatagram);
        using SoftAddressHandle handle = MakeHandle(pair.A.Domain);
        pair.B.PostReceive(1, pair.B.Piece(0, GlobalRoute + 8));
        pair.A.Post(Datagram(handle, pair.B.QueuePair.Number, 0x1111), pair.A.Piece(0, 9));
        pair.A.Post(Datagram(handle, pair.B.QueuePair.Number, 0x1111), pair.A.Piece(0, 8));
        pair.Run(2, 1);
        Assert.Equal(GlobalRoute + 8u, Assert.Single(pair.B.Received).ByteLength);
    }

    [Fact]
    public void A_datagram_is_one_packet_to_an_address_handle_of_its_domain()
    {
        using var pair = new ConnectedPair(QueuePairType.UnreliableDatagram);
        using SoftAddressHandle handle = MakeHandle(pair.A.Domain);
        using var other = (SoftDomain)pair.A.Nic.AllocateDomain();
        using SoftAddressHandle foreign = MakeHandle(other);
        uint number = pair.B.QueuePair.Number;
        Assert.Equal(Errno.EINVAL, pair.A.Post(Datagram(handle, number, 1), pair.A.Piece(0, 4097)));
        Assert.Equal(Errno.None, pair.A.Post(Datagram(handle, number, 1), pair.A.Piece(0, 4096)));
        Assert.Equal(Errno.EINVAL, pair.A.Post(Datagram(foreign, number, 1), pair.A.Piece(0, 4)));
        Assert.Equal(Errno.EINVAL, pair.A.Post(Datagram(handle, 1 << 24, 1), pair.A.Piece(0, 4)));
        handle.Dispose();
        Assert.Equal(Errno.EINVAL, pair.A.Post(Datagram(handle, number, 1), pair.A.Piece(0, 4)));
    }

    [Fact]
    public void A_local_error_stops_the_sends_alone_until_it_is_ready_again()
    {
        using var pair = new ConnectedPair(QueuePairType.UnreliableDatagram);
        using SoftAddressHandle handle = MakeHandle(pair.A.Domain);
        ScatterGatherEntry piece = pair.A.Piece(0, 4);
        piece.LocalKey ^= 1;
        pair.A.Post(Datagram(handle, pair.B.QueuePair.Number, 0x1111), piece);
        pair.A.Post(Datagram(handle, pair.B.QueuePair.Number, 0x1111), pair.A.Piece(0, 4));
        pair.A.Poll();
        Assert.Equal(
            [CompletionStatus.LocalProtectionError, CompletionStatus.WorkRequestFlushedError],
            pair.A.Sent.Select(completion => completion.Status));
        pair.A.QueuePair.Query(QueuePairAttributeMask.State, out QueuePairAttributes attributes);
        Assert.Equal(QueuePairState.SendQueueError, attributes.State);
        Assert.Equal(Errno.None, pair.A.Modify(QueuePairState.ReadyToSend));
        pair.B.PostReceive(1, pair.B.Piece(0, 100));
        pair.A.Post(Datagram(handle, pair.B.QueuePair.Number, 0x1111), pair.A.Piece(0, 4));
        pair.Run(3, 1);
    }

    private static SendEntry Datagram(SoftAddressHandle handle, uint number, uint key) => new()
    {
        Id = 1,
        Opcode = (int)WorkRequestOpcode.Send,
        Flags = (uint)SendFlags.Signaled,
        AddressHandle = handle.NativeObject,
        RemoteQueuePair = number,
        RemoteQueueKey = key,
    };

    private static SoftAddressHandle MakeHandle(SoftDomain domain) =>
        new(domain, new AddressHandleAttributes(SimulatedNetwork.AddressOf(2)));

    private static int Sum(ReadOnlySpan<byte> header)
    {
        int sum = 0;
        for (int i = 0; i < header.Length; i += 2)
            sum += (header[i] << 8) | header[i + 1];
        return (sum & 0xffff) + (sum >> 16);
    }
}
