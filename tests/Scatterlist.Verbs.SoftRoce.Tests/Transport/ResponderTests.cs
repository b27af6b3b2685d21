using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>What a responder does with each request that is not as it should be, and with those that are.</summary>
public sealed class ResponderTests
{
    private const uint P = RawPeer.FirstPsn;

    public static TheoryData<string> Nonsense =>
        ["partition", "version", "opcode", "short", "source", "destination", "service", "padding"];

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void What_is_no_packet_of_the_connection_is_dropped_without_a_word(string what)
    {
        using var peer = new RawPeer();
        peer.Endpoint.PostReceive(1, peer.Endpoint.Piece(0, 64));
        SimulatedPacket good = peer.Make(Opcode.RcSendOnly, P, 8);
        byte[] bytes = [.. good.Bytes];
        SimulatedPacket bad = good with { Bytes = bytes };
        switch (what)
        {
            case "partition":
                bad = peer.Make(Opcode.RcSendOnly, P, 8, partition: 0x8001);
                break;
            case "version":
                bytes[1] |= 1;
                break;
            case "opcode":
                bytes[0] = 0x1f;
                break;
            case "short":
                bad = good with { Bytes = bytes[..11] };
                break;
            case "source":
                bad = good with { Source = SimulatedNetwork.AddressOf(3) };
                break;
            case "destination":
                bytes[5] ^= 0x40; // another queue pair's number
                break;
            case "service":
                bytes[0] = (byte)Opcode.UcSendOnly;
                break;
            case "padding":
                bad = good with { Bytes = bytes[..^1] };
                break;
        }

        peer.Send(bad);
        Assert.Empty(peer.Take());
        peer.Endpoint.Poll();
        Assert.Empty(peer.Endpoint.Received);
        peer.Send(good);
        Assert.Equal((Syndrome.Ack, P), peer.TakeAnswer());
    }

    [Fact]
    public void The_limited_member_of_the_partition_is_heard()
    {
        using var peer = new RawPeer();
        peer.Send(peer.Make(Opcode.RcWriteOnly, P, partition: 0x7fff));
        Assert.Equal((Syndrome.Ack, P), peer.TakeAnswer());
    }

    [Fact]
    public void A_gap_is_reported_once_until_it_closes()
    {
        using var peer = new RawPeer();
        for (int i = 0; i < 3; i++)
            peer.Endpoint.PostReceive((ulong)i, peer.Endpoint.Piece(0, 64));
        peer.Send(Opcode.RcSendOnly, P + 1, 8);
        Assert.Equal((Syndrome.NakPsnSequence, P), peer.TakeAnswer());
        peer.Send(Opcode.RcSendOnly, P + 2, 8);
        peer.Send(Opcode.RcSendOnly, P + 1, 8);
        Assert.Empty(peer.Take());
        peer.Send(Opcode.RcSendOnly, P, 8);
        Assert.Equal((Syndrome.Ack, P), peer.TakeAnswer());
        peer.Send(Opcode.RcSendOnly, P + 3, 8);
        Assert.Equal((Syndrome.NakPsnSequence, P + 1), peer.TakeAnswer());
        peer.Endpoint.Poll();
        Assert.Single(peer.Endpoint.Received);
    }

    [Fact]
    public void A_double_is_acknowledged_again_and_not_done_again()
    {
        using var peer = new RawPeer();
        peer.Endpoint.PostReceive(1, peer.Endpoint.Piece(0, 64));
        peer.Endpoint.PostReceive(2, peer.Endpoint.Piece(64, 64));
        peer.Send(Opcode.RcSendOnly, P, 8);
        Assert.Equal((Syndrome.Ack, P), peer.TakeAnswer());
        peer.Send(Opcode.RcWriteOnly, P + 1, 8, address: peer.Address(512), key: peer.Endpoint.RemoteKey);
        peer.Take();
        peer.Endpoint.Memory[512] = 1;
        peer.Send(Opcode.RcSendOnly, P, 8);
        Assert.Equal((Syndrome.Ack, P + 1), peer.TakeAnswer());
        peer.Send(Opcode.RcWriteOnly, P + 1, 8, address: peer.Address(512), key: peer.Endpoint.RemoteKey);
        Assert.Equal((Syndrome.Ack, P + 1), peer.TakeAnswer());
        Assert.Equal(1, peer.Endpoint.Memory[512]);
        peer.Endpoint.Poll();
        Assert.Single(peer.Endpoint.Received);
    }

    [Fact]
    public void What_asks_is_acknowledged_at_once_and_whole_messages_in_the_end()
    {
        using var peer = new RawPeer();
        for (int i = 0; i < 3; i++)
            peer.Endpoint.PostReceive((ulong)i, peer.Endpoint.Piece(0, 4096));
        peer.Send(Opcode.RcSendFirst, P, RawPeer.Mtu, ask: false);
        peer.Send(Opcode.RcSendMiddle, P + 1, RawPeer.Mtu, ask: false);
        Assert.Empty(peer.Take());
        peer.Send(Opcode.RcSendLast, P + 2, 1);
        SimulatedPacket answer = peer.TakeOne();
        Assert.Equal((P + 2, 1u), (answer.Sequence, answer.MessageNumber));
        peer.Nic.Engine.Enter(); // so that nothing has been said before it is seen
        Inject(peer, peer.Make(Opcode.RcSendOnly, P + 3, 1, ask: false));
        peer.Nic.Engine.Exit();
        Assert.Empty(peer.Network.Captured);
        answer = peer.TakeOne();
        Assert.Equal((P + 3, 2u), (answer.Sequence, answer.MessageNumber));
        peer.Send(Opcode.RcSendOnly, P + 4, 0);
        answer = peer.TakeOne();
        Assert.Equal((P + 4, 3u), (answer.Sequence, answer.MessageNumber));
    }

    [Fact]
    public void One_acknowledgement_covers_a_batch()
    {
        using var peer = new RawPeer();
        peer.Nic.Engine.Enter();
        for (uint i = 0; i < 5; i++)
            Inject(peer, peer.Make(Opcode.RcWriteOnly, P + i));
        peer.Nic.Engine.Exit();
        Assert.Equal((Syndrome.Ack, P + 4), peer.TakeAnswer());
    }

    [Theory]
    [InlineData((int)Opcode.RcSendMiddle, -1)]
    [InlineData((int)Opcode.RcSendLast, -1)]
    [InlineData((int)Opcode.RcWriteMiddle, -1)]
    [InlineData((int)Opcode.RcWriteLast, -1)]
    [InlineData((int)Opcode.RcSendFirst, (int)Opcode.RcSendFirst)]
    [InlineData((int)Opcode.RcSendOnly, (int)Opcode.RcSendFirst)]
    [InlineData((int)Opcode.RcWriteMiddle, (int)Opcode.RcSendFirst)]
    [InlineData((int)Opcode.RcSendLast, (int)Opcode.RcWriteFirst)]
    [InlineData((int)Opcode.RcReadRequest, (int)Opcode.RcWriteFirst)]
    [InlineData((int)Opcode.RcFetchAdd, (int)Opcode.RcSendFirst)]
    public void Packets_out_of_their_row_end_the_connection(int opcode, int before)
    {
        using var peer = new RawPeer();
        peer.Endpoint.PostReceive(1, peer.Endpoint.Piece(0, 8192));
        uint psn = P;
        if (before >= 0)
        {
            peer.Send(
                (Opcode)before, psn++, RawPeer.Mtu, ask: false, address: peer.Address(0), key: peer.Endpoint.RemoteKey,
                length: 4096);
        }

        bool carries = (OpcodeTable.TraitsOf((Opcode)opcode) & OpcodeTraits.Payload) != 0;
        peer.Send((Opcode)opcode, psn, carries ? RawPeer.Mtu : 0);
        Assert.Equal((Syndrome.NakInvalidRequest, psn), peer.TakeAnswer());
        AssertFailed(peer, AsyncEventType.QueuePairRequestError);
    }

    [Theory]
    [InlineData((int)Opcode.RcWriteOnly, AccessFlags.RemoteRead | AccessFlags.RemoteAtomic)]
    [InlineData((int)Opcode.RcReadRequest, AccessFlags.RemoteWrite | AccessFlags.RemoteAtomic)]
    [InlineData((int)Opcode.RcCompareSwap, AccessFlags.RemoteRead | AccessFlags.RemoteWrite)]
    public void What_the_queue_pair_does_not_allow_is_an_invalid_request(int opcode, AccessFlags access)
    {
        using var peer = new RawPeer(change: options => options.Access = access);
        peer.Send((Opcode)opcode, P, address: peer.Address(0), key: peer.Endpoint.RemoteKey, length: 0);
        Assert.Equal((Syndrome.NakInvalidRequest, P), peer.TakeAnswer());
        AssertFailed(peer, AsyncEventType.QueuePairRequestError);
    }

    [Fact]
    public void Without_a_receive_the_sender_is_told_to_come_again()
    {
        using var peer = new RawPeer(change: options => options.MinRnrTimer = 14);
        peer.Send(Opcode.RcSendOnly, P, 8);
        Assert.Equal((Syndrome.RnrNak(14), P), peer.TakeAnswer());
        peer.Send(Opcode.RcSendOnly, P + 1, 8);
        Assert.Empty(peer.Take());
        peer.Send(Opcode.RcSendOnly, P, 8);
        Assert.Equal((Syndrome.RnrNak(14), P), peer.TakeAnswer());
        peer.Endpoint.PostReceive(1, peer.Endpoint.Piece(0, 64));
        peer.Send(Opcode.RcSendOnly, P, 8);
        Assert.Equal((Syndrome.Ack, P), peer.TakeAnswer());
    }

    [Fact]
    public void Write_with_immediate_needs_its_receive_at_the_last_packet_and_writes_it_then()
    {
        using var peer = new RawPeer();
        uint key = peer.Endpoint.RemoteKey;
        peer.Send(Opcode.RcWriteFirst, P, RawPeer.Mtu, address: peer.Address(0), key: key, length: RawPeer.Mtu + 4);
        Assert.Equal((Syndrome.Ack, P), peer.TakeAnswer());
        peer.Send(Opcode.RcWriteLastImmediate, P + 1, 4);
        Assert.Equal((Syndrome.RnrNak(1), P + 1), peer.TakeAnswer());
        Assert.Equal(0xab, peer.Endpoint.Memory[RawPeer.Mtu - 1]);
        Assert.Equal(0, peer.Endpoint.Memory[RawPeer.Mtu]);
        peer.Endpoint.PostReceive(9);
        peer.Send(Opcode.RcWriteLastImmediate, P + 1, 4);
        Assert.Equal((Syndrome.Ack, P + 1), peer.TakeAnswer());
        peer.Endpoint.Poll();
        Assert.Equal(RawPeer.Mtu + 4u, Assert.Single(peer.Endpoint.Received).ByteLength);
        Assert.Equal(0xab, peer.Endpoint.Memory[RawPeer.Mtu + 3]);
    }

    [Theory]
    [InlineData((int)Opcode.RcReadRequest)]
    [InlineData((int)Opcode.RcFetchAdd)]
    public void Without_resources_reads_and_atomics_are_invalid(int opcode)
    {
        using var peer = new RawPeer(change: options => options.MaxDestinationReadAtomic = 0);
        peer.Send((Opcode)opcode, P, address: peer.Address(0), key: peer.Endpoint.RemoteKey, length: 8);
        Assert.Equal((Syndrome.NakInvalidRequest, P), peer.TakeAnswer());
    }

    [Theory]
    [InlineData((int)Opcode.RcSendFirst, 1000, 0)]
    [InlineData((int)Opcode.RcSendOnly, 1025, 0)]
    [InlineData((int)Opcode.RcWriteFirst, 1000, 4096)]
    [InlineData((int)Opcode.RcWriteFirst, 1024, 1024)] // nothing would be left
    [InlineData((int)Opcode.RcWriteFirst, 1024, 8)]
    [InlineData((int)Opcode.RcWriteOnly, 8, 9)]
    [InlineData((int)Opcode.RcWriteOnly, 8, 7)]
    [InlineData((int)Opcode.RcWriteOnly, 0, 1)]
    [InlineData((int)Opcode.RcWriteOnly, 1028, 1028)]
    [InlineData((int)Opcode.RcWriteFirst, 1024, 0x8000_0001)]
    [InlineData((int)Opcode.RcReadRequest, 0, 0x8000_0001)]
    public void Wrong_lengths_are_invalid_requests(int opcode, int payload, uint length)
    {
        using var peer = new RawPeer();
        peer.Endpoint.PostReceive(1, peer.Endpoint.Piece(0, 8192));
        peer.Send(
            (Opcode)opcode, P, payload, address: peer.Address(8192), key: peer.Endpoint.RemoteKey, length: length);
        Assert.Equal((Syndrome.NakInvalidRequest, P), peer.TakeAnswer());
        Assert.Equal(0, peer.Endpoint.Memory[8192]);
        AssertFailed(peer, AsyncEventType.QueuePairRequestError);
    }

    [Theory]
    [InlineData((int)Opcode.RcSendMiddle, 1000)]
    [InlineData((int)Opcode.RcSendLast, 0)]
    [InlineData((int)Opcode.RcWriteMiddle, 1020)]
    [InlineData((int)Opcode.RcWriteLast, 0)]
    [InlineData((int)Opcode.RcWriteLast, 1023)]
    [InlineData((int)Opcode.RcWriteMiddle, 1024)] // it would leave nothing to the last
    public void So_are_wrong_lengths_inside_of_a_message(int opcode, int payload)
    {
        using var peer = new RawPeer();
        peer.Endpoint.PostReceive(1, peer.Endpoint.Piece(0, 8192));
        bool isSend = (OpcodeTable.TraitsOf((Opcode)opcode) & OpcodeTraits.Send) != 0;
        peer.Send(
            isSend ? Opcode.RcSendFirst : Opcode.RcWriteFirst, P, RawPeer.Mtu, ask: false, address: peer.Address(8192),
            key: peer.Endpoint.RemoteKey, length: 2048);
        peer.Send((Opcode)opcode, P + 1, payload);
        Assert.Equal((Syndrome.NakInvalidRequest, P + 1), peer.TakeAnswer());
        Assert.Equal(0, peer.Endpoint.Memory[8192 + RawPeer.Mtu]);
    }

    public static TheoryData<int, string> Reaches
    {
        get
        {
            var data = new TheoryData<int, string>();
            Opcode[] opcodes = [Opcode.RcWriteOnly, Opcode.RcWriteFirst, Opcode.RcReadRequest, Opcode.RcFetchAdd];
            foreach (Opcode opcode in opcodes)
            {
                foreach (string what in new[] { "key", "below", "above", "wraps", "rights", "domain", "gone" })
                    data.Add((int)opcode, what);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Reaches))]
    public void What_the_key_does_not_cover_is_a_remote_access_error(int opcodeNumber, string what)
    {
        using var peer = new RawPeer();
        Endpoint endpoint = peer.Endpoint;
        var opcode = (Opcode)opcodeNumber;
        uint length = opcode == Opcode.RcWriteFirst ? 2048u : 8u;
        ulong address = peer.Address(0);
        uint key = endpoint.RemoteKey;
        SoftRegion? other = null;
        SoftDomain? domain = null;
        var memory = new Block(endpoint.AddressOf(0), 4096);
        switch (what)
        {
            case "key":
                key ^= 1;
                break;
            case "below":
                address -= 8;
                break;
            case "above":
                address = peer.Address(endpoint.Memory.Length - 8) + (opcode == Opcode.RcWriteFirst ? 0u : 8);
                break;
            case "wraps":
                address = ulong.MaxValue - 7;
                break;
            case "rights":
                other = (SoftRegion)endpoint.Domain.RegisterMemory(
                    memory, address, AccessFlags.LocalWrite, null, null, 0);
                break;
            case "domain":
                domain = (SoftDomain)peer.Nic.AllocateDomain();
                other = (SoftRegion)domain.RegisterMemory(memory, address, Endpoint.All, null, null, 0);
                break;
            case "gone":
                other = (SoftRegion)endpoint.Domain.RegisterMemory(memory, address, Endpoint.All, null, null, 0);
                break;
        }

        if (other is not null)
            key = other.RemoteKeyValue;
        if (what == "gone")
            other!.Dispose();
        int payload = opcode == Opcode.RcWriteFirst ? RawPeer.Mtu : opcode == Opcode.RcWriteOnly ? 8 : 0;
        peer.Send(opcode, P, payload, address: address, key: key, length: length);
        Assert.Equal((Syndrome.NakRemoteAccess, P), peer.TakeAnswer());
        Assert.Equal(-1, endpoint.Memory.AsSpan().IndexOfAnyExcept((byte)0));
        AssertFailed(peer, AsyncEventType.QueuePairAccessError);
        other?.Dispose();
        domain?.Dispose();
    }

    [Fact]
    public void A_region_that_goes_away_within_a_write_stops_it()
    {
        using var peer = new RawPeer();
        Endpoint endpoint = peer.Endpoint;
        var region = (SoftRegion)endpoint.Domain.RegisterMemory(
            new Block(endpoint.AddressOf(0), 8192), 0, Endpoint.All | AccessFlags.ZeroBased, null, null, 0);
        peer.Send(Opcode.RcWriteFirst, P, RawPeer.Mtu, key: region.RemoteKeyValue, length: 2048);
        Assert.Equal((Syndrome.Ack, P), peer.TakeAnswer());
        region.Dispose();
        peer.Send(Opcode.RcWriteLast, P + 1, RawPeer.Mtu);
        Assert.Equal((Syndrome.NakRemoteAccess, P + 1), peer.TakeAnswer());
        Assert.Equal(0xab, endpoint.Memory[0]);
        Assert.Equal(0, endpoint.Memory[RawPeer.Mtu]);
    }

    [Theory]
    [InlineData((int)Opcode.RcWriteOnly)]
    [InlineData((int)Opcode.RcReadRequest)]
    public void Nothing_is_reached_with_any_key(int opcode)
    {
        using var peer = new RawPeer();
        peer.Send((Opcode)opcode, P, address: 1, key: 2, length: 0);
        SimulatedPacket answer = peer.TakeOne();
        Assert.Equal((P, Syndrome.Ack), (answer.Sequence, answer.Syndrome));
        Assert.Equal(QueuePairState.ReadyToSend, peer.State);
    }

    [Theory]
    [InlineData((int)Opcode.RcCompareSwap)]
    [InlineData((int)Opcode.RcFetchAdd)]
    public void Atomics_stand_on_words(int opcode)
    {
        using var peer = new RawPeer();
        peer.Send(peer.Make((Opcode)opcode, P, address: peer.Address(4), key: peer.Endpoint.RemoteKey, swap: 1));
        Assert.Equal((Syndrome.NakInvalidRequest, P), peer.TakeAnswer());
    }

    [Fact]
    public void A_send_that_is_longer_than_the_receive_fails_both_ends()
    {
        using var peer = new RawPeer();
        peer.Endpoint.PostReceive(5, peer.Endpoint.Piece(0, 4), peer.Endpoint.Piece(16, 4));
        peer.Endpoint.PostReceive(6, peer.Endpoint.Piece(0, 64));
        peer.Send(Opcode.RcSendOnly, P, 9);
        Assert.Equal((Syndrome.NakInvalidRequest, P), peer.TakeAnswer());
        peer.Endpoint.Poll();
        Assert.Equal(
            [(5ul, CompletionStatus.LocalLengthError), (6ul, CompletionStatus.WorkRequestFlushedError)],
            peer.Endpoint.Received.Select(completion => (completion.Id, completion.Status)));
        Assert.Equal(0, peer.Endpoint.Memory[20]);
    }

    [Fact]
    public void A_send_longer_than_any_message_fails_whatever_room_the_receive_has()
    {
        const int Packet = 1 << 20;
        const int Piece = 80 << 20; // 32 of these are 2.5 GiB, all in the same memory
        using var peer = new RawPeer(
            make: nic => new Endpoint(nic, memory: Piece, elements: 32),
            network: network => (network.IsReliable, network.MaxPayload) = (true, Packet));
        ScatterGatherEntry[] room = [.. Enumerable.Repeat(peer.Endpoint.Piece(0, Piece), 32)];
        Assert.Equal(Errno.None, peer.Endpoint.PostReceive(5, room));
        SimulatedPacket middle = peer.Make(Opcode.RcSendMiddle, P, Packet, ask: false);
        peer.Send(Opcode.RcSendFirst, P, Packet, ask: false);
        uint psn = P + 1;
        for (; psn < P + (int)(SoftLimits.MaxMessageSize / Packet); psn++)
        {
            middle.Sequence = psn;
            peer.Send(middle);
            Assert.Equal(QueuePairState.ReadyToSend, peer.State);
        }

        Assert.Empty(peer.Take());
        peer.Send(Opcode.RcSendLast, psn, 1);
        Assert.Equal((Syndrome.NakInvalidRequest, psn), peer.TakeAnswer());
        peer.Endpoint.Poll();
        Assert.Equal(CompletionStatus.LocalLengthError, Assert.Single(peer.Endpoint.Received).Status);
    }

    [Fact]
    public void A_receive_with_a_wrong_key_fails_both_ends()
    {
        using var peer = new RawPeer();
        ScatterGatherEntry piece = peer.Endpoint.Piece(0, 64);
        piece.LocalKey ^= 1;
        peer.Endpoint.PostReceive(5, piece);
        peer.Send(Opcode.RcSendOnly, P, 9);
        Assert.Equal((Syndrome.NakRemoteOperation, P), peer.TakeAnswer());
        peer.Endpoint.Poll();
        Assert.Equal(CompletionStatus.LocalProtectionError, Assert.Single(peer.Endpoint.Received).Status);
        AssertFailed(peer, AsyncEventType.QueuePairFatal);
    }

    [Fact]
    public void A_refusal_is_said_again_to_who_asks_again()
    {
        using var peer = new RawPeer();
        peer.Send(Opcode.RcWriteOnly, P, 8, key: 1);
        Assert.Equal((Syndrome.NakRemoteAccess, P), peer.TakeAnswer());
        peer.Send(Opcode.RcWriteOnly, P + 1, 8, key: 1);
        Assert.Empty(peer.Take());
        peer.Send(Opcode.RcWriteOnly, P, 8, key: 1);
        Assert.Equal((Syndrome.NakRemoteAccess, P), peer.TakeAnswer());
    }

    [Fact]
    public void Solicited_immediate_and_invalidated_reach_the_completion()
    {
        using var peer = new RawPeer();
        Endpoint endpoint = peer.Endpoint;
        var region = (SoftRegion)endpoint.Domain.RegisterMemory(
            new Block(endpoint.AddressOf(0), 4096), 0, Endpoint.All | AccessFlags.ZeroBased, null, null, 0);
        for (int i = 0; i < 3; i++)
            endpoint.PostReceive((ulong)i, endpoint.Piece(0, 64));
        peer.Send(Opcode.RcSendOnlyImmediate, P, 3, immediate: 0x01020304, solicited: true);
        peer.Send(Opcode.RcSendOnlyInvalidate, P + 1, 3, key: region.RemoteKeyValue);
        endpoint.Poll();
        Assert.Equal(0x04030201u, endpoint.Received[0].Immediate);
        Assert.Equal(region.RemoteKeyValue, endpoint.Received[1].InvalidatedKey!.Value.Value);
        peer.Take();
        peer.Send(Opcode.RcWriteOnly, P + 2, 8, key: region.RemoteKeyValue);
        Assert.Equal((Syndrome.NakRemoteAccess, P + 2), peer.TakeAnswer());
        region.Dispose();
    }

    [Fact]
    public void The_first_packet_before_it_may_send_is_an_event()
    {
        using var peer = new RawPeer(change: options => options.StopAtReceive = true);
        peer.Send(Opcode.RcWriteOnly, P);
        peer.Send(Opcode.RcWriteOnly, P + 1);
        Assert.Equal([AsyncEventType.CommunicationEstablished], peer.Endpoint.Events());
        Assert.Equal(Syndrome.Ack, peer.Take()[^1].Syndrome);
    }

    [Fact]
    public void A_shared_receive_queue_serves_and_keeps_what_it_has_when_the_queue_pair_fails()
    {
        SoftSharedReceiveQueue? queue = null;
        using var peer = new RawPeer(make: nic =>
        {
            var domain = (SoftDomain)nic.AllocateDomain();
            queue = (SoftSharedReceiveQueue)domain.CreateSharedReceiveQueue(new SharedReceiveQueueAttributes(8, 2));
            return new Endpoint(nic, sharedReceives: queue, domain: domain);
        });
        Assert.Equal(Errno.EINVAL, peer.Endpoint.PostReceive(1, peer.Endpoint.Piece(0, 8)));
        PostShared(queue!, 4, peer.Endpoint.Piece(0, 8));
        PostShared(queue!, 5, peer.Endpoint.Piece(0, 8));
        peer.Send(Opcode.RcSendOnly, P, 8);
        peer.Take();
        peer.Send(Opcode.RcSendMiddle, P + 1, RawPeer.Mtu);
        peer.Endpoint.Poll();
        Assert.Equal(4ul, Assert.Single(peer.Endpoint.Received).Id);
        Assert.Equal(1, queue!.Count);
        Assert.Contains(AsyncEventType.QueuePairLastWorkRequestReached, peer.Endpoint.Events());
        queue.Dispose();
    }

    private static unsafe void PostShared(
        SoftSharedReceiveQueue queue, ulong id, ScatterGatherEntry piece)
    {
        var entry = new ReceiveEntry { Id = id, List = &piece, ListLength = 1 };
        Assert.Equal(Errno.None, queue.PostReceive(&entry, 1, out _));
    }

    private static unsafe void Inject(RawPeer peer, SimulatedPacket packet)
    {
        fixed (byte* bytes = packet.Bytes)
        {
            peer.Endpoint.QueuePair.OnPacket(new Engine.ReceivedPacket(
                bytes, packet.Bytes.Length, packet.Source, packet.Destination, 0, 64, null));
        }
    }

    private static void AssertFailed(RawPeer peer, AsyncEventType type)
    {
        Assert.Equal(QueuePairState.Error, peer.State);
        Assert.Contains(type, peer.Endpoint.Events());
    }
}
