using System.Diagnostics;
using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Wire;
using static Scatterlist.Verbs.SoftRoce.Tests.Transport.RequesterSteps;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

/// <summary>What a requester sends, and what it makes of each answer, in time or not.</summary>
public sealed class RequesterTests
{
    private const uint P = RawPeer.FirstPsn;
    private const uint Key = 0x1234;

    [Fact]
    public void A_message_is_cut_into_packets_that_count_up()
    {
        using var peer = new RawPeer(change: options => options.SendPsn = 0xff_fffe);
        PostWrite(peer, 1, 3 * RawPeer.Mtu);
        List<SimulatedPacket> packets = peer.Take();
        Assert.Equal(
            [Opcode.RcWriteFirst, Opcode.RcWriteMiddle, Opcode.RcWriteLast], packets.Select(packet => packet.Opcode));
        Assert.Equal([0xff_fffeu, 0xff_ffff, 0], packets.Select(packet => packet.Sequence));
        Assert.Equal([false, false, true], packets.Select(packet => packet.AsksAcknowledge));
        Assert.All(packets, packet => Assert.Equal(RawPeer.Mtu, packet.Payload.Length));
    }

    [Fact]
    public void One_acknowledgement_completes_all_before_it_and_only_the_signaled_ones_show()
    {
        using var peer = new RawPeer();
        PostSend(peer, 1, 8);
        PostSend(peer, 2, 8, SendFlags.None);
        PostSend(peer, 3, 8);
        PostSend(peer, 4, 8);
        Assert.Equal(4, peer.Take().Count);
        peer.Answer(P + 2);
        Assert.Equal([1ul, 3], Ids(peer));
        peer.Answer(P + 2);
        peer.Answer(P - 1);
        peer.Answer(P + 4); // never sent
        Assert.Equal([1ul, 3], Ids(peer));
        peer.Answer(P + 3);
        Assert.Equal([1ul, 3, 4], Ids(peer));
    }

    [Fact]
    public void A_read_response_acknowledges_what_was_before_it()
    {
        using var peer = new RawPeer();
        PostSend(peer, 1, 8);
        PostRead(peer, 2, 2 * RawPeer.Mtu);
        PostSend(peer, 3, 8);
        List<SimulatedPacket> packets = peer.Take();
        Assert.Equal([P, P + 1, P + 3], packets.Select(packet => packet.Sequence));
        peer.Send(peer.Make(Opcode.RcReadResponseFirst, P + 1, RawPeer.Mtu, fill: 1));
        Assert.Equal([1ul], Ids(peer));
        peer.Send(peer.Make(Opcode.RcReadResponseLast, P + 2, RawPeer.Mtu, fill: 2));
        Assert.Equal([1ul, 2], Ids(peer));
        Assert.Equal((1, 2), (peer.Endpoint.Memory[0], peer.Endpoint.Memory[RawPeer.Mtu]));
        peer.Answer(P + 3);
        Assert.Equal([1ul, 2, 3], Ids(peer));
    }

    [Fact]
    public void An_acknowledgement_beyond_a_read_says_that_its_data_got_lost()
    {
        using var peer = new RawPeer();
        PostRead(peer, 1, 3 * RawPeer.Mtu);
        PostSend(peer, 2, 8);
        peer.Take();
        peer.Send(peer.Make(Opcode.RcReadResponseFirst, P, RawPeer.Mtu));
        peer.Answer(P + 3);
        List<SimulatedPacket> again = peer.Take();
        Assert.Equal([Opcode.RcReadRequest, Opcode.RcSendOnly], again.Select(packet => packet.Opcode));
        Assert.Empty(Ids(peer));

        // Only the tail is asked for again: address and length have moved by what came.
        Assert.Equal(P + 1, again[0].Sequence);
        Assert.Equal(0x5000ul + RawPeer.Mtu, Big64(again[0].Bytes.AsSpan(12)));
        Assert.Equal(2u * RawPeer.Mtu, Big32(again[0].Bytes.AsSpan(24)));
        peer.Send(peer.Make(Opcode.RcReadResponseFirst, P + 1, RawPeer.Mtu));
        peer.Send(peer.Make(Opcode.RcReadResponseLast, P + 2, RawPeer.Mtu));
        peer.Answer(P + 3);
        Assert.Equal([1ul, 2], Ids(peer));
    }

    [Fact]
    public void A_gap_in_the_data_of_a_read_is_asked_for_at_once()
    {
        using var peer = new RawPeer();
        PostRead(peer, 1, 3 * RawPeer.Mtu);
        peer.Take();
        peer.Send(peer.Make(Opcode.RcReadResponseFirst, P, RawPeer.Mtu));
        peer.Send(peer.Make(Opcode.RcReadResponseLast, P + 2, RawPeer.Mtu));
        Assert.Equal((Opcode.RcReadRequest, P + 1), Row(peer.TakeOne()));
    }

    [Fact]
    public void A_read_whose_data_got_lost_ends_before_a_later_request_is_refused()
    {
        using var peer = new RawPeer();
        PostRead(peer, 1, 8);
        PostSend(peer, 2, 8);
        PostSend(peer, 3, 8);
        peer.Take();
        peer.Answer(P + 1, Syndrome.NakRemoteAccess);
        Assert.Equal(P, peer.Take()[0].Sequence); // it is asked for again
        Assert.Empty(Ids(peer));
        peer.Send(peer.Make(Opcode.RcReadResponseOnly, P, 8));
        Assert.Equal([1ul], Ids(peer));
        peer.Answer(P + 1, Syndrome.NakRemoteAccess);
        peer.Endpoint.Poll();
        Assert.Equal(
            [CompletionStatus.Success, CompletionStatus.RemoteAccessError, CompletionStatus.WorkRequestFlushedError],
            peer.Endpoint.Sent.Select(completion => completion.Status));
    }

    [Fact]
    public void A_sequence_nak_resends_from_there_and_acknowledges_what_was_before()
    {
        using var peer = new RawPeer();
        for (ulong i = 1; i <= 4; i++)
            PostSend(peer, i, 8);
        peer.Take();
        peer.Answer(P + 2, Syndrome.NakPsnSequence);
        Assert.Equal([1ul, 2], Ids(peer));
        Assert.Equal([P + 2, P + 3], peer.Take().Select(packet => packet.Sequence));
        peer.Answer(P + 2, Syndrome.NakPsnSequence);
        Assert.Empty(peer.Take()); // a double
        peer.Answer(P + 3);
        Assert.Equal([1ul, 2, 3, 4], Ids(peer));
    }

    [Fact]
    public void A_resend_starts_in_the_middle_of_a_message()
    {
        using var peer = new RawPeer();
        PostWrite(peer, 1, 4 * RawPeer.Mtu);
        peer.Take();
        peer.Answer(P + 2, Syndrome.NakPsnSequence);
        Assert.Equal(
            [(Opcode.RcWriteMiddle, P + 2), (Opcode.RcWriteLast, P + 3)], peer.Take().Select(Row));
    }

    [Theory]
    [InlineData(Syndrome.NakInvalidRequest, CompletionStatus.RemoteInvalidRequestError)]
    [InlineData(Syndrome.NakRemoteAccess, CompletionStatus.RemoteAccessError)]
    [InlineData(Syndrome.NakRemoteOperation, CompletionStatus.RemoteOperationError)]
    [InlineData(Syndrome.NakInvalidReadDomain, CompletionStatus.RemoteOperationError)]
    public void Other_naks_fail_the_request_and_flush_the_rest(byte syndrome, CompletionStatus status)
    {
        using var peer = new RawPeer();
        peer.Endpoint.PostReceive(9, peer.Endpoint.Piece(0, 8));
        PostSend(peer, 1, 8);
        PostSend(peer, 2, 8, SendFlags.None);
        PostSend(peer, 3, 8, SendFlags.None);
        peer.Take();
        peer.Answer(P + 1, syndrome);
        peer.Endpoint.Poll();
        Assert.Equal(
            [(1ul, CompletionStatus.Success), (2ul, status), (3ul, CompletionStatus.WorkRequestFlushedError)],
            peer.Endpoint.Sent.Select(completion => (completion.Id, completion.Status)));
        Assert.Equal(CompletionStatus.WorkRequestFlushedError, Assert.Single(peer.Endpoint.Received).Status);
        Assert.Equal(QueuePairState.Error, peer.State);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    public void Without_an_answer_it_gives_up_after_so_many_retries(byte retries)
    {
        using var peer = new RawPeer(change: options => options.RetryCount = retries);
        PostSend(peer, 1, 8);
        long start = peer.Network.Now;
        peer.Network.Run(() => peer.State == QueuePairState.Error);
        Assert.Equal(retries + 1, peer.Take().Count(packet => packet.Sequence == P));
        peer.Endpoint.Poll();
        Assert.Equal(CompletionStatus.RetryExceededError, Assert.Single(peer.Endpoint.Sent).Status);
        double waited = (peer.Network.Now - start) / (double)Stopwatch.Frequency;
        Assert.InRange(waited, TimeOf(retries) * 0.067, TimeOf(retries) * 0.072);
    }

    // Each timeout doubles the next, up to four times what is set.
    private static int TimeOf(int retries) => Enumerable.Range(0, retries + 1).Sum(retry => 1 << Math.Min(retry, 2));

    [Fact]
    public void A_timeout_that_passed_while_the_nic_did_not_run_is_no_retry()
    {
        using var peer = new RawPeer(change: options => options.RetryCount = 0);
        PostSend(peer, 1, 8);
        peer.Take();
        peer.Network.Stall(0.2);
        Assert.Equal(P, TakeAfterTimers(peer)[0].Sequence); // it is sent again
        Assert.Equal(QueuePairState.ReadyToSend, peer.State);
        peer.Answer(P);
        Assert.Equal([1ul], Ids(peer));
    }

    [Fact]
    public void A_nic_that_hardly_ever_runs_gives_up_in_the_end()
    {
        using var peer = new RawPeer(change: options => options.RetryCount = 1);
        PostSend(peer, 1, 8);
        int stalls = 0;
        for (; peer.State == QueuePairState.ReadyToSend; stalls++)
        {
            Assert.InRange(stalls, 0, 20);
            peer.Network.Stall(0.5);
            TakeAfterTimers(peer);
        }

        Assert.InRange(stalls, 3, 20);
        peer.Endpoint.Poll();
        Assert.Equal(CompletionStatus.RetryExceededError, Assert.Single(peer.Endpoint.Sent).Status);
    }

    private static List<SimulatedPacket> TakeAfterTimers(RawPeer peer)
    {
        for (int i = 0; i < 20; i++)
            peer.Nic.Engine.Progress(); // timers are looked at now and then
        return peer.Take();
    }

    [Fact]
    public void A_peer_that_falls_silent_after_it_has_answered_is_given_up_as_well()
    {
        using var peer = new RawPeer(change: options => options.RetryCount = 3);
        for (uint i = 0; i < 20; i++)
        {
            PostSend(peer, i, 8);
            peer.Network.Run(0.0001);
            peer.Answer(P + i);
        }

        PostSend(peer, 99, 8);
        long start = peer.Network.Now;
        peer.Take();
        peer.Network.Run(() => peer.State == QueuePairState.Error);
        Assert.InRange(
            (peer.Network.Now - start) / (double)Stopwatch.Frequency, TimeOf(3) * 0.067, TimeOf(3) * 0.072);
        Assert.InRange(peer.Take().Count, 4, 30); // the retries, and probes that become rare
    }

    [Fact]
    public void A_peer_that_was_only_slow_does_not_shrink_the_window()
    {
        using var peer = new RawPeer();
        peer.Network.Room = 1000;
        uint next = P;
        for (uint i = 0; i < 5; i++)
        {
            PostSend(peer, i, 8);
            peer.Network.Run(0.0001);
            peer.Answer(next++);
        }

        PostWrite(peer, 9, 1000 * RawPeer.Mtu);
        Assert.Equal(64, peer.Take().Count - 5);
        peer.Network.Run(0.01);
        Assert.NotEmpty(peer.Take()); // probes
        peer.Answer(next + 63); // everything had arrived
        Assert.Equal(64, peer.Take().Count);
    }

    [Fact]
    public void Progress_gives_all_retries_back()
    {
        using var peer = new RawPeer(change: options => options.RetryCount = 2);
        PostSend(peer, 1, 8);
        PostSend(peer, 2, 8);
        peer.Network.Run(0.15); // two timeouts
        peer.Answer(P);
        peer.Network.Run(0.15);
        Assert.Equal(QueuePairState.ReadyToSend, peer.State);
        peer.Answer(P + 1);
        Assert.Equal([1ul, 2], Ids(peer));
    }

    [Fact]
    public void Timeout_zero_waits_for_ever()
    {
        using var peer = new RawPeer(change: options => options.Timeout = 0);
        PostSend(peer, 1, 8);
        peer.Network.Run(20);
        peer.TakeOne();
        Assert.Equal(QueuePairState.ReadyToSend, peer.State);
    }

    [Theory]
    [InlineData(14, 0.00128)]
    [InlineData(26, 0.08192)]
    [InlineData(0, 0.65536)]
    public void A_receiver_that_is_not_ready_is_left_alone_as_long_as_it_says(byte code, double seconds)
    {
        using var peer = new RawPeer();
        PostSend(peer, 1, 8);
        PostSend(peer, 2, 8);
        peer.Take();
        peer.Answer(P, Syndrome.RnrNak(code));
        peer.Answer(P, Syndrome.RnrNak(code)); // a double
        peer.Answer(P, Syndrome.NakPsnSequence); // of the packet behind it
        long start = peer.Network.Now;
        peer.Network.Run(() => peer.Network.Captured.Count != 0);
        double waited = (peer.Network.Now - start) / (double)Stopwatch.Frequency;
        Assert.InRange(waited, seconds, seconds + 0.001);
        Assert.Equal([P, P + 1], peer.Take().Select(packet => packet.Sequence));
        peer.Answer(P + 1);
        Assert.Equal([1ul, 2], Ids(peer));
    }

    [Fact]
    public void After_too_many_of_these_it_gives_up()
    {
        using var peer = new RawPeer(change: options => options.RnrRetry = 3);
        PostSend(peer, 1, 8);
        for (int sent = 1; sent <= 4; sent++)
        {
            peer.Network.Run(() => peer.Network.Captured.Count != 0);
            peer.TakeOne();
            peer.Answer(P, Syndrome.RnrNak(1));
        }

        peer.Endpoint.Poll();
        Assert.Equal(CompletionStatus.RnrRetryExceededError, Assert.Single(peer.Endpoint.Sent).Status);
    }

    [Fact]
    public void Seven_means_without_end()
    {
        using var peer = new RawPeer();
        PostSend(peer, 1, 8);
        for (int sent = 1; sent <= 50; sent++)
        {
            peer.Network.Run(() => peer.Network.Captured.Count != 0);
            peer.TakeOne();
            peer.Answer(P, Syndrome.RnrNak(1));
        }

        Assert.Equal(QueuePairState.ReadyToSend, peer.State);
    }

    [Fact]
    public void No_more_reads_are_outstanding_than_the_peer_takes()
    {
        using var peer = new RawPeer(change: options => options.MaxReadAtomic = 2);
        for (ulong i = 1; i <= 3; i++)
            PostRead(peer, i, 8);
        PostSend(peer, 4, 8);
        Assert.Equal([P, P + 1], peer.Take().Select(packet => packet.Sequence));
        peer.Send(peer.Make(Opcode.RcReadResponseOnly, P, 8));
        Assert.Equal([P + 2, P + 3], peer.Take().Select(packet => packet.Sequence));
    }

    [Fact]
    public void A_fence_waits_for_reads_and_atomics()
    {
        using var peer = new RawPeer();
        PostRead(peer, 1, 8);
        peer.Endpoint.Post(
            Endpoint.Atomic(2, WorkRequestOpcode.FetchAndAdd, 0x5000, Key, 1), peer.Endpoint.Piece(8, 8));
        PostSend(peer, 3, 8);
        PostSend(peer, 4, 8, SendFlags.Signaled | SendFlags.Fence);
        PostSend(peer, 5, 8);
        Assert.Equal(3, peer.Take().Count);
        peer.Send(peer.Make(Opcode.RcReadResponseOnly, P, 8));
        Assert.Empty(peer.Take());
        peer.Send(peer.Make(Opcode.RcAtomicAcknowledge, P + 1, swap: 77));
        Assert.Equal([P + 3, P + 4], peer.Take().Select(packet => packet.Sequence));
        Assert.Equal(77ul, BitConverter.ToUInt64(peer.Endpoint.Memory, 8));
    }

    [Theory]
    [InlineData((int)Opcode.RcReadResponseOnly, 7)]
    [InlineData((int)Opcode.RcReadResponseOnly, 12)]
    [InlineData((int)Opcode.RcReadResponseFirst, 8)]
    [InlineData((int)Opcode.RcReadResponseMiddle, 8)]
    [InlineData((int)Opcode.RcAtomicAcknowledge, 0)]
    public void Data_that_makes_no_sense_is_a_bad_response(int opcode, int payload)
    {
        using var peer = new RawPeer();
        PostRead(peer, 1, 8);
        peer.Take();
        peer.Send(peer.Make((Opcode)opcode, P, payload));
        peer.Endpoint.Poll();
        Assert.Equal(CompletionStatus.BadResponseError, Assert.Single(peer.Endpoint.Sent).Status);
        Assert.Equal(0, peer.Endpoint.Memory[0]);
    }

    [Theory]
    [InlineData("key")]
    [InlineData("outside")]
    [InlineData("rights")]
    public void Elements_that_their_key_does_not_cover_fail_before_anything_is_sent(string what)
    {
        using var peer = new RawPeer();
        using var readOnly = (SoftRegion)peer.Endpoint.Domain.RegisterMemory(
            new Block(peer.Endpoint.AddressOf(0), 64), peer.Address(0), AccessFlags.None, null, null, 0);
        PostSend(peer, 1, 8);
        ScatterGatherEntry piece = peer.Endpoint.Piece(0, 8);
        if (what == "key")
            piece.LocalKey ^= 1;
        else if (what == "outside")
            piece.Address = peer.Address(peer.Endpoint.Memory.Length - 4);
        else
            piece.LocalKey = readOnly.LocalKeyValue;
        WorkRequestOpcode opcode = what == "rights" ? WorkRequestOpcode.RdmaRead : WorkRequestOpcode.RdmaWrite;
        Assert.Equal(
            Errno.None, peer.Endpoint.Post(Endpoint.Entry(2, opcode, SendFlags.None, 0x5000, Key), piece));
        PostSend(peer, 3, 8);
        peer.TakeOne();
        Assert.Equal(QueuePairState.ReadyToSend, peer.State); // the one before it may still end well
        peer.Answer(P);
        peer.Endpoint.Poll();
        Assert.Equal(
            [
                (1ul, CompletionStatus.Success), (2ul, CompletionStatus.LocalProtectionError),
                (3ul, CompletionStatus.WorkRequestFlushedError),
            ],
            peer.Endpoint.Sent.Select(completion => (completion.Id, completion.Status)));
        Assert.Equal(QueuePairState.Error, peer.State);
    }

    [Fact]
    public void The_receivers_buffer_bounds_what_is_on_the_way_and_asks_for_answers_in_time()
    {
        using var peer = new RawPeer();
        peer.Network.Room = 1000;
        PostWrite(peer, 1, 500 * RawPeer.Mtu);
        List<SimulatedPacket> packets = peer.Take();
        Assert.Equal(64, packets.Count);
        Assert.InRange(packets.Count(packet => packet.AsksAcknowledge), 2, 8);
        Assert.True(packets[^1].AsksAcknowledge);
        peer.Answer(P + 15);
        Assert.Equal(16, peer.Take().Count);
    }

    [Fact]
    public void A_long_read_is_asked_for_in_pieces_that_the_window_holds()
    {
        using var peer = new RawPeer();
        PostRead(peer, 1, 200 * RawPeer.Mtu);
        List<SimulatedPacket> requests = peer.Take();
        Assert.All(requests, request => Assert.Equal(Opcode.RcReadRequest, request.Opcode));
        uint asked = 0;
        foreach (SimulatedPacket request in requests)
        {
            Assert.Equal(P + (asked / RawPeer.Mtu), request.Sequence);
            Assert.Equal(0x5000 + asked, Big64(request.Bytes.AsSpan(12)));
            asked += Big32(request.Bytes.AsSpan(24));
        }

        Assert.Equal(64u * RawPeer.Mtu, asked);
    }

    [Fact]
    public void A_lost_answer_is_made_up_for_long_before_the_timeout_once_answers_have_a_usual_time()
    {
        using var pair = new ConnectedPair();
        for (ulong i = 0; i < 4; i++)
        {
            pair.A.Post(Write(i, pair), pair.A.Piece(0, 8));
            pair.Run((int)i + 1);
        }

        bool dropped = false;
        pair.Network.Filter = packet =>
        {
            bool drop = !dropped && packet.Opcode == Opcode.RcAcknowledge;
            dropped |= drop;
            return !drop;
        };
        long start = pair.Network.Now;
        pair.A.Post(Write(9, pair), pair.A.Piece(0, 8));
        pair.Run(5);
        Assert.True(dropped);
        Assert.InRange((pair.Network.Now - start) / (double)Stopwatch.Frequency, 0, 0.02);
    }

    [Fact]
    public void Posting_sending_and_completing_allocate_nothing()
    {
        using var peer = new RawPeer();
        Endpoint endpoint = peer.Endpoint;
        uint psn = P;
        peer.Network.Filter = _ => false;
        SimulatedPacket[] answers = [.. Enumerable.Range(0, 3000).Select(i =>
            peer.Make(Opcode.RcAcknowledge, Psn.Add(P, i), ask: false))];
        var completions = new WorkCompletion[4];
        Span<ScatterGatherEntry> piece = [endpoint.Piece(0, 0)];
        void Round(Span<ScatterGatherEntry> pieces)
        {
            endpoint.Post(Endpoint.Entry(1, WorkRequestOpcode.RdmaWrite, SendFlags.Signaled, 0x5000, Key), pieces);
            Answer(peer, answers[psn++ - P]);
            endpoint.SendCompletions.Poll(completions);
        }

        // The path of the tests allocates for every packet; the NIC's part does not once that is taken out.
        for (int i = 0; i < 1000; i++)
            Round(piece);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            Round(piece);
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / 1000;
        long path = AllocatedByPath();
        Assert.InRange(each, 0, path + 16); // the smallest object has 24 bytes; the runtime itself may take a little
    }

    private static unsafe void Answer(RawPeer peer, SimulatedPacket packet)
    {
        peer.Nic.Engine.Enter();
        fixed (byte* bytes = packet.Bytes)
        {
            peer.Endpoint.QueuePair.OnPacket(new Engine.ReceivedPacket(
                bytes, packet.Bytes.Length, packet.Source, packet.Destination, 0, 64, null));
        }

        peer.Nic.Engine.Exit();
    }

    // What the simulated path itself allocates for one packet without payload.
    private static long AllocatedByPath()
    {
        using var network = new SimulatedNetwork(1) { Filter = _ => false };
        var path = new SimulatedPath(network, RawPeer.Own, RawPeer.Own);
        byte[] header = new byte[HeaderSizes.Base + HeaderSizes.Reth];
        for (int i = 0; i < 1000; i++)
            Use();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            Use();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / 1000;

        void Use()
        {
            path.TryQueue(header, default, 0, 0, 64);
            path.Flush();
        }
    }

    private static SendEntry Write(ulong id, ConnectedPair pair) => Endpoint.Entry(
        id, WorkRequestOpcode.RdmaWrite, remoteAddress: (ulong)pair.B.AddressOf(0), remoteKey: pair.B.RemoteKey);

    private static (Opcode Opcode, uint Sequence) Row(SimulatedPacket packet) => (packet.Opcode, packet.Sequence);

    private static ulong Big64(ReadOnlySpan<byte> bytes) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes);

    private static uint Big32(ReadOnlySpan<byte> bytes) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);

    private static void PostWrite(RawPeer peer, ulong id, int length) => Assert.Equal(
        Errno.None,
        peer.Endpoint.Post(
            Endpoint.Entry(id, WorkRequestOpcode.RdmaWrite, SendFlags.Signaled, 0x5000, Key),
            peer.Endpoint.Piece(0, length)));

    private static void PostRead(RawPeer peer, ulong id, int length) => Assert.Equal(
        Errno.None,
        peer.Endpoint.Post(
            Endpoint.Entry(id, WorkRequestOpcode.RdmaRead, SendFlags.Signaled, 0x5000, Key),
            peer.Endpoint.Piece(0, length)));
}
