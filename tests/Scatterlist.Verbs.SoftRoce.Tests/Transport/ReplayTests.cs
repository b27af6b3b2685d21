using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>Reads and atomics that are asked for twice, and peers that ask for more than they were granted.</summary>
public sealed class ReplayTests
{
    private const uint P = RawPeer.FirstPsn;

    [Fact]
    public void A_read_is_answered_by_packets_that_carry_its_numbers()
    {
        using var peer = new RawPeer();
        Random.Shared.NextBytes(peer.Endpoint.Memory);
        peer.Send(Read(peer, P, 8, 2500));
        List<SimulatedPacket> packets = peer.Take();
        Assert.Equal(
            [Opcode.RcReadResponseFirst, Opcode.RcReadResponseMiddle, Opcode.RcReadResponseLast],
            packets.Select(packet => packet.Opcode));
        Assert.Equal([P, P + 1, P + 2], packets.Select(packet => packet.Sequence));
        byte[] data = [.. packets.SelectMany(packet => packet.Payload.ToArray())];
        Assert.Equal(peer.Endpoint.Memory.AsSpan(8, 2500), data.AsSpan());
        Assert.Equal((Syndrome.Ack, 1u), (packets[0].Syndrome, packets[0].MessageNumber));
        peer.Send(peer.Make(Opcode.RcWriteOnly, P + 3));
        Assert.Equal((Syndrome.Ack, P + 3), peer.TakeAnswer());
    }

    [Fact]
    public void The_tail_of_a_read_is_read_again()
    {
        using var peer = new RawPeer();
        peer.Send(Read(peer, P, 0, 4096));
        peer.Take();
        peer.Endpoint.Memory[2048] = 9;
        peer.Send(Read(peer, P + 2, 2048, 2048));
        List<SimulatedPacket> packets = peer.Take();
        Assert.Equal(
            [(Opcode.RcReadResponseFirst, P + 2), (Opcode.RcReadResponseLast, P + 3)],
            packets.Select(packet => (packet.Opcode, packet.Sequence)));
        Assert.Equal(9, packets[0].Payload[0]);
        peer.Send(Read(peer, P + 1, 1024, 1024));
        Assert.Equal(
            [(Opcode.RcReadResponseOnly, P + 1)], peer.Take().Select(packet => (packet.Opcode, packet.Sequence)));
    }

    [Theory]
    [InlineData("key")]
    [InlineData("address")]
    [InlineData("length")]
    [InlineData("kind")]
    public void A_double_that_is_none_is_dropped(string what)
    {
        using var peer = new RawPeer();
        peer.Send(Read(peer, P, 0, 2048));
        peer.Take();
        uint key = peer.Endpoint.RemoteKey;
        peer.Send(what == "kind"
            ? peer.Make(Opcode.RcFetchAdd, P, address: peer.Address(0), key: key, swap: 1)
            : peer.Make(
                Opcode.RcReadRequest, P, address: peer.Address(what == "address" ? 8 : 0),
                key: what == "key" ? key ^ 1 : key, length: what == "length" ? 2049u : 2048));
        Assert.Empty(peer.Take());
        Assert.Equal(0, peer.Endpoint.Memory[0]);
        Assert.Equal(QueuePairState.ReadyToSend, peer.State);
    }

    [Fact]
    public void A_double_of_an_atomic_brings_the_old_answer()
    {
        using var peer = new RawPeer();
        for (uint i = 0; i < 4; i++)
        {
            peer.Send(Add(peer, P + i, 10));
            Assert.Equal(i * 10ul, Original(peer.TakeOne()));
        }

        for (uint i = 0; i < 4; i++)
        {
            peer.Send(Add(peer, P + i, 10));
            SimulatedPacket again = peer.TakeOne();
            Assert.Equal((P + i, i * 10ul), (again.Sequence, Original(again)));
        }

        Assert.Equal(40ul, BitConverter.ToUInt64(peer.Endpoint.Memory));
        peer.Send(Add(peer, P + 4, 10));
        peer.Take();
        peer.Send(Add(peer, P, 10)); // more ago than it was granted
        Assert.Empty(peer.Take());
        Assert.Equal(50ul, BitConverter.ToUInt64(peer.Endpoint.Memory));
    }

    [Fact]
    public void More_reads_than_were_granted_are_refused_while_the_first_wait_for_their_answers()
    {
        using var peer = new RawPeer(change: options => options.MaxDestinationReadAtomic = 2);
        peer.Network.Room = 0;
        peer.Send(Read(peer, P, 0, 8));
        peer.Send(Read(peer, P + 1, 0, 8));
        peer.Send(Read(peer, P + 2, 0, 8));
        Assert.Equal(QueuePairState.Error, peer.State);
        peer.Network.Room = 8;
        Assert.Equal((Syndrome.NakInvalidRequest, P + 2), LastOf(peer.Take()));
    }

    [Fact]
    public void A_read_that_was_taken_is_answered_before_the_refusal_of_what_follows()
    {
        using var peer = new RawPeer();
        Random.Shared.NextBytes(peer.Endpoint.Memory);
        peer.Network.Room = 0; // both come before the first can be answered
        peer.Send(Read(peer, P, 0, 2000));
        peer.Send(peer.Make(Opcode.RcWriteOnly, P + 2, 8, address: peer.Address(0), key: peer.Endpoint.RemoteKey ^ 1));
        Assert.Equal(QueuePairState.Error, peer.State);
        peer.Network.Room = 8;
        List<SimulatedPacket> packets = peer.Take();
        Assert.Equal(
            [
                (Opcode.RcReadResponseFirst, P), (Opcode.RcReadResponseLast, P + 1), (Opcode.RcAcknowledge, P + 2),
            ],
            packets.Select(packet => (packet.Opcode, packet.Sequence)));
        byte[] data = [.. packets.Take(2).SelectMany(packet => packet.Payload.ToArray())];
        Assert.Equal(peer.Endpoint.Memory.AsSpan(0, 2000), data.AsSpan());
        Assert.Equal((Syndrome.NakRemoteAccess, P + 2), LastOf(packets));
    }

    [Fact]
    public void A_read_before_the_refused_request_is_answered_again_when_its_data_got_lost()
    {
        using var peer = new RawPeer();
        Random.Shared.NextBytes(peer.Endpoint.Memory);
        SimulatedPacket read = Read(peer, P, 64, 2000);
        SimulatedPacket add = Add(peer, P + 2, 1);
        peer.Send(read);
        peer.Send(add);
        peer.Send(peer.Make(Opcode.RcWriteOnly, P + 3, 8, address: peer.Address(0), key: peer.Endpoint.RemoteKey ^ 1));
        List<SimulatedPacket> first = peer.Take();
        Assert.Equal(4, first.Count);
        Assert.Equal(QueuePairState.Error, peer.State);
        peer.Network.Room = 0;
        peer.Send(read);
        peer.Send(add);
        peer.Network.Room = 8;
        List<SimulatedPacket> again = peer.Take();
        Assert.Equal(
            first.Select(packet => (packet.Opcode, packet.Sequence)),
            again.Select(packet => (packet.Opcode, packet.Sequence)));
        Assert.Equal(first.Select(packet => packet.Payload.ToArray()), again.Select(packet => packet.Payload.ToArray()));
        Assert.Equal(Original(first[2]), Original(again[2]));
    }

    [Fact]
    public void A_read_that_was_taken_is_not_answered_once_the_owner_has_stopped()
    {
        using var peer = new RawPeer();
        peer.Network.Room = 0;
        peer.Send(Read(peer, P, 0, 2000));
        peer.Send(peer.Make(Opcode.RcWriteOnly, P + 2, 8, address: peer.Address(0), key: peer.Endpoint.RemoteKey ^ 1));
        Assert.Equal(Errno.None, peer.Endpoint.Modify(QueuePairState.Error));
        peer.Network.Room = 8;
        Assert.Equal((Syndrome.NakRemoteAccess, P + 2), peer.TakeAnswer());
    }

    [Fact]
    public void A_depth_that_is_no_power_of_two_is_taken_as_the_next_one_as_rxe_does_with_its_own()
    {
        using var peer = new RawPeer(change: options => options.MaxDestinationReadAtomic = 5);
        peer.Network.Room = 0;
        for (uint i = 0; i < 8; i++)
            peer.Send(Read(peer, P + i, 0, 8));
        Assert.Equal(QueuePairState.ReadyToSend, peer.State);
        peer.Send(Read(peer, P + 8, 0, 8));
        Assert.Equal(QueuePairState.Error, peer.State);
        peer.Network.Room = 16;
        Assert.Equal((Syndrome.NakInvalidRequest, P + 8), LastOf(peer.Take()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8)]
    public void What_was_taken_before_the_grant_changes_is_answered_and_answered_again(byte granted)
    {
        using var peer = new RawPeer(change: options => options.MaxDestinationReadAtomic = 3);
        peer.Endpoint.Memory.AsSpan().Fill(7);
        for (uint i = 0; i < 5; i++)
            peer.Send(Add(peer, P + i, 1)); // the oldest place is not the first
        peer.Take();
        peer.Network.Room = 0;
        peer.Send(Read(peer, P + 5, 64, 2000));
        peer.Send(Add(peer, P + 7, 1));
        Assert.Equal(Errno.None, peer.Endpoint.Modify(QueuePairState.SendQueueDrain));
        Assert.Equal(
            Errno.None,
            peer.Endpoint.Modify(
                QueuePairState.SendQueueDrain, QueuePairAttributeMask.MaxDestinationReadAtomic,
                new QueuePairAttributes { MaxDestinationReadAtomic = granted }));
        peer.Network.Room = 32;
        (Opcode, uint)[] answers =
        [
            (Opcode.RcReadResponseFirst, P + 5), (Opcode.RcReadResponseLast, P + 6), (Opcode.RcAtomicAcknowledge, P + 7),
        ];
        Assert.Equal(answers, peer.Take().Select(packet => (packet.Opcode, packet.Sequence)));
        peer.Send(Read(peer, P + 5, 64, 2000));
        peer.Send(Add(peer, P + 7, 1));
        Assert.Equal(answers, peer.Take().Select(packet => (packet.Opcode, packet.Sequence)));

        // And now what may be outstanding is what was said last.
        peer.Network.Room = 0;
        for (uint i = 0; i < granted; i++)
            peer.Send(Read(peer, P + 8 + i, 64, 8));
        Assert.Equal(QueuePairState.SendQueueDrain, peer.State);
        peer.Send(Read(peer, P + 8 + granted, 64, 8));
        Assert.Equal(QueuePairState.Error, peer.State);
        peer.Network.Room = 32;
        Assert.Equal((Syndrome.NakInvalidRequest, P + 8 + granted), LastOf(peer.Take()));
    }

    [Fact]
    public void Answers_keep_their_order_whatever_was_asked_between()
    {
        using var peer = new RawPeer();
        peer.Network.Room = 0;
        peer.Send(Read(peer, P, 0, 2048));
        peer.Send(peer.Make(Opcode.RcWriteOnly, P + 2));
        peer.Send(Add(peer, P + 3, 1));
        peer.Send(peer.Make(Opcode.RcWriteOnly, P + 4));
        peer.Send(peer.Make(Opcode.RcWriteOnly, P + 5));
        peer.Network.Room = 100;
        Assert.Equal(
            [
                (Opcode.RcReadResponseFirst, P), (Opcode.RcReadResponseLast, P + 1),
                (Opcode.RcAtomicAcknowledge, P + 3), (Opcode.RcAcknowledge, P + 5),
            ],
            peer.Take().Select(packet => (packet.Opcode, packet.Sequence)));
    }

    [Fact]
    public void A_region_that_goes_away_within_a_read_ends_it()
    {
        using var peer = new RawPeer();
        Endpoint endpoint = peer.Endpoint;
        var region = (SoftRegion)endpoint.Domain.RegisterMemory(
            new Block(endpoint.AddressOf(0), 8192), 0, Endpoint.All | AccessFlags.ZeroBased, null, null, 0);
        peer.Network.Room = 1;
        peer.Send(peer.Make(Opcode.RcReadRequest, P, key: region.RemoteKeyValue, length: 8192));
        List<SimulatedPacket> packets = [.. peer.Network.Captured];
        peer.Network.Captured.Clear();
        Assert.InRange(packets.Count, 1, 2);
        region.Dispose();
        peer.Network.Room = 8;
        SimulatedPacket last = peer.Take()[^1];
        Assert.Equal((Opcode.RcAcknowledge, Syndrome.NakRemoteAccess), (last.Opcode, last.Syndrome));
        Assert.Equal(QueuePairState.Error, peer.State);
    }

    [Fact]
    public void A_double_does_not_bring_back_the_right_to_read()
    {
        using var peer = new RawPeer();
        peer.Send(Read(peer, P, 0, 64));
        peer.Take();
        Assert.Equal(
            Errno.None,
            peer.Endpoint.Modify(
                QueuePairState.ReadyToSend, QueuePairAttributeMask.AccessFlags,
                new QueuePairAttributes { AccessFlags = AccessFlags.RemoteWrite }));
        peer.Send(Read(peer, P, 0, 64));
        Assert.Equal((Syndrome.NakRemoteAccess, P), peer.TakeAnswer());
        Assert.Equal(QueuePairState.Error, peer.State);
    }

    [Fact]
    public void A_refusal_within_a_read_is_said_again_to_who_asks_for_what_came_before_it()
    {
        using var peer = new RawPeer();
        Endpoint endpoint = peer.Endpoint;
        var region = (SoftRegion)endpoint.Domain.RegisterMemory(
            new Block(endpoint.AddressOf(0), 4096), 0, Endpoint.All | AccessFlags.ZeroBased, null, null, 0);
        peer.Network.Room = 1;
        SimulatedPacket read = peer.Make(Opcode.RcReadRequest, P, key: region.RemoteKeyValue, length: 4096);
        peer.Send(read);
        region.Dispose();
        peer.Network.Room = 8;
        (byte, uint) refusal = LastOf(peer.Take());
        Assert.NotEqual((Syndrome.NakRemoteAccess, P), refusal);
        peer.Send(read); // neither the data nor the refusal came
        Assert.Equal(refusal, peer.TakeAnswer());
    }

    [Fact]
    public void A_flood_of_doubles_costs_one_answer_each_at_most()
    {
        using var peer = new RawPeer();
        peer.Network.Room = 0;
        peer.Send(Read(peer, P, 0, 1 << 16));
        for (int i = 0; i < 10_000; i++)
            peer.Send(Read(peer, P, 0, 1 << 16));
        peer.Network.Room = 1000;
        Assert.Equal(64, peer.Take().Count);
    }

    private static (byte Syndrome, uint Sequence) LastOf(List<SimulatedPacket> packets) =>
        (packets[^1].Syndrome, packets[^1].Sequence);

    private static SimulatedPacket Read(RawPeer peer, uint psn, int offset, uint length) => peer.Make(
        Opcode.RcReadRequest, psn, address: peer.Address(offset), key: peer.Endpoint.RemoteKey, length: length);

    private static SimulatedPacket Add(RawPeer peer, uint psn, ulong value) => peer.Make(
        Opcode.RcFetchAdd, psn, address: peer.Address(0), key: peer.Endpoint.RemoteKey, swap: value);

    private static ulong Original(SimulatedPacket packet)
    {
        Assert.Equal(Opcode.RcAtomicAcknowledge, packet.Opcode);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(packet.Bytes.AsSpan(16));
    }
}
