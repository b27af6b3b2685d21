using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Transport;
using Mask = Scatterlist.Verbs.QueuePairAttributeMask;
using State = Scatterlist.Verbs.QueuePairState;

namespace Scatterlist.Verbs.SoftRoce.Tests.Transport;

public sealed unsafe class StateMachineTests
{
    private const Mask Every = (Mask)((1 << 21) - 1);

    /// <summary>Type, from, to, required, optional.</summary>
    public static TheoryData<QueuePairType, State, State, Mask, Mask> Transitions
    {
        get
        {
            const QueuePairType Rc = QueuePairType.ReliableConnected;
            const QueuePairType Uc = QueuePairType.UnreliableConnected;
            const QueuePairType Ud = QueuePairType.UnreliableDatagram;
            const Mask Init = Mask.PKeyIndex | Mask.Port;
            const Mask Peer = Mask.AddressVector | Mask.PathMtu | Mask.DestinationQueuePairNumber | Mask.ReceivePsn;
            const Mask Run = Mask.CurrentState | Mask.AccessFlags;
            return new TheoryData<QueuePairType, State, State, Mask, Mask>
            {
                { Rc, State.Reset, State.Init, Init | Mask.AccessFlags, 0 },
                { Uc, State.Reset, State.Init, Init | Mask.AccessFlags, 0 },
                { Ud, State.Reset, State.Init, Init | Mask.QKey, 0 },
                { Rc, State.Init, State.Init, 0, Init | Mask.AccessFlags },
                { Ud, State.Init, State.Init, 0, Init | Mask.QKey },
                {
                    Rc, State.Init, State.ReadyToReceive, Peer | Mask.MaxDestinationReadAtomic | Mask.MinRnrTimer,
                    Mask.PKeyIndex | Mask.AccessFlags
                },
                { Uc, State.Init, State.ReadyToReceive, Peer, Mask.PKeyIndex | Mask.AccessFlags },
                { Ud, State.Init, State.ReadyToReceive, 0, Mask.PKeyIndex | Mask.QKey },
                {
                    Rc, State.ReadyToReceive, State.ReadyToSend,
                    Mask.SendPsn | Mask.Timeout | Mask.RetryCount | Mask.RnrRetry | Mask.MaxReadAtomic,
                    Run | Mask.MinRnrTimer
                },
                { Uc, State.ReadyToReceive, State.ReadyToSend, Mask.SendPsn, Run },
                { Ud, State.ReadyToReceive, State.ReadyToSend, Mask.SendPsn, Mask.CurrentState | Mask.QKey },
                { Rc, State.ReadyToSend, State.ReadyToSend, 0, Run | Mask.MinRnrTimer },
                { Uc, State.ReadyToSend, State.ReadyToSend, 0, Run },
                { Ud, State.ReadyToSend, State.ReadyToSend, 0, Mask.CurrentState | Mask.QKey },
                { Rc, State.ReadyToSend, State.SendQueueDrain, 0, Mask.EnableDrainedEvent },
                { Ud, State.ReadyToSend, State.SendQueueDrain, 0, Mask.EnableDrainedEvent },
                { Rc, State.SendQueueDrain, State.ReadyToSend, 0, Run | Mask.MinRnrTimer },
                {
                    Rc, State.SendQueueDrain, State.SendQueueDrain, 0,
                    Mask.PKeyIndex | Mask.AccessFlags | Mask.AddressVector | Mask.Port | Mask.Timeout | Mask.RetryCount
                    | Mask.RnrRetry | Mask.MaxReadAtomic | Mask.MaxDestinationReadAtomic | Mask.MinRnrTimer
                },
                {
                    Uc, State.SendQueueDrain, State.SendQueueDrain, 0,
                    Mask.PKeyIndex | Mask.AccessFlags | Mask.AddressVector
                },
                { Ud, State.SendQueueDrain, State.SendQueueDrain, 0, Mask.PKeyIndex | Mask.QKey },
                { Uc, State.SendQueueError, State.ReadyToSend, 0, Run },
                { Ud, State.SendQueueError, State.ReadyToSend, 0, Mask.CurrentState | Mask.QKey },
                { Rc, State.ReadyToSend, State.Error, 0, 0 },
                { Rc, State.Error, State.Reset, 0, 0 },
                { Rc, State.Reset, State.Reset, 0, 0 },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Transitions))]
    public void A_transition_takes_what_it_needs_and_what_it_may_have(
        QueuePairType type, State from, State to, Mask required, Mask optional)
    {
        Assert.True(QueuePairTransitions.Allows(type, from, to, required | Mask.State));
        Assert.True(QueuePairTransitions.Allows(type, from, to, required | optional | Mask.State));
        for (int bit = 1; bit < (int)Every; bit <<= 1)
        {
            var one = (Mask)bit;
            if ((required & one) != 0)
                Assert.False(QueuePairTransitions.Allows(type, from, to, required & ~one), $"without {one}");
            bool known = one == Mask.State || ((required | optional) & one) != 0;
            Assert.Equal(known, QueuePairTransitions.Allows(type, from, to, required | one));
        }
    }

    [Theory]
    [InlineData(State.Reset, State.ReadyToReceive)]
    [InlineData(State.Reset, State.ReadyToSend)]
    [InlineData(State.Reset, State.Error)]
    [InlineData(State.Init, State.ReadyToSend)]
    [InlineData(State.ReadyToReceive, State.Init)]
    [InlineData(State.ReadyToReceive, State.ReadyToReceive)]
    [InlineData(State.ReadyToReceive, State.SendQueueDrain)]
    [InlineData(State.ReadyToSend, State.ReadyToReceive)]
    [InlineData(State.ReadyToSend, State.Init)]
    [InlineData(State.ReadyToSend, State.SendQueueError)]
    [InlineData(State.Error, State.Init)]
    [InlineData(State.Error, State.ReadyToSend)]
    [InlineData(State.SendQueueError, State.ReadyToSend)]
    public void There_are_no_other_ways(State from, State to)
    {
        for (Mask mask = 0; mask < (Mask)(1 << 13); mask++)
            Assert.False(QueuePairTransitions.Allows(QueuePairType.ReliableConnected, from, to, mask | Mask.State));
        Assert.False(QueuePairTransitions.Allows(QueuePairType.ReliableConnected, from, to, Every));
    }

    public static TheoryData<string> WrongValues =>
    [
        "port", "pkey", "access", "mtu0", "mtu6", "number", "psn", "rnr", "depth", "gid", "family", "global", "empty",
        "avport",
    ];

    [Theory]
    [MemberData(nameof(WrongValues))]
    public void Wrong_values_are_refused_and_change_nothing(string what)
    {
        using var network = new SimulatedNetwork(1);
        using var endpoint = new Endpoint(network.AddNic(1));
        var attributes = new QueuePairAttributes
        {
            State = State.Init,
            Port = (byte)(what == "port" ? 2 : 1),
            PartitionKeyIndex = (ushort)(what == "pkey" ? 1 : 0),
            AccessFlags = what == "access" ? AccessFlags.ZeroBased : Endpoint.All,
        };
        Errno errno = endpoint.QueuePair.Modify(attributes, Mask.State | Mask.PKeyIndex | Mask.Port | Mask.AccessFlags);
        if (what is "port" or "pkey" or "access")
        {
            Assert.Equal(Errno.EINVAL, errno);
            Assert.Equal(State.Reset, StateOf(endpoint));
            return;
        }

        Assert.Equal(Errno.None, errno);
        attributes.State = State.ReadyToReceive;
        attributes.PathMtu = what switch
        {
            "mtu0" => 0,
            "mtu6" => (Mtu)6,
            _ => Mtu.Bytes1024,
        };
        attributes.DestinationQueuePairNumber = what == "number" ? 1u << 24 : 5;
        attributes.ReceivePsn = what == "psn" ? 1u << 24 : 5;
        attributes.MinRnrTimer = (byte)(what == "rnr" ? 32 : 1);
        attributes.MaxDestinationReadAtomic = (byte)(what == "depth" ? 129 : 1);
        Gid peer = what switch
        {
            "family" => Gid.Parse("fe80::1"),
            "empty" => default,
            _ => SimulatedNetwork.AddressOf(2),
        };
        attributes.AddressVector =
            new AddressHandleAttributes(peer, (byte)(what == "gid" ? 1 : 0), (byte)(what == "avport" ? 2 : 1)) with
            {
                IsGlobal = what != "global",
            };
        Assert.Equal(Errno.EINVAL, endpoint.QueuePair.Modify(
            attributes,
            Mask.State | Mask.AddressVector | Mask.PathMtu | Mask.DestinationQueuePairNumber | Mask.ReceivePsn
            | Mask.MaxDestinationReadAtomic | Mask.MinRnrTimer));
        Assert.Equal(State.Init, StateOf(endpoint));
    }

    [Fact]
    public void A_queue_that_goes_on_before_it_was_drained_says_nothing_later()
    {
        using var pair = new ConnectedPair();
        pair.B.PostReceive(1, pair.B.Piece(0, 8));
        pair.A.Post(Endpoint.Entry(1, WorkRequestOpcode.Send), pair.A.Piece(0, 8));
        Assert.Equal(Errno.None, pair.A.Modify(
            State.SendQueueDrain, Mask.EnableDrainedEvent, new QueuePairAttributes { EnableDrainedEvent = true }));
        Assert.Equal(Errno.None, pair.A.Modify(State.ReadyToSend));
        pair.Run(1, 1);
        Assert.Empty(pair.A.Events());
    }

    [Fact]
    public void Posting_follows_the_state()
    {
        using var network = new SimulatedNetwork(1);
        using var endpoint = new Endpoint(network.AddNic(1));
        Assert.Equal(Errno.EINVAL, Receive());
        Assert.Equal(Errno.EINVAL, Send());
        endpoint.Connect(SimulatedNetwork.AddressOf(2), 5, options => options.StopAtReceive = true);
        Assert.Equal(Errno.None, Receive());
        Assert.Equal(Errno.EINVAL, Send());
        Assert.Equal(Errno.None, endpoint.Modify(
            State.ReadyToSend,
            Mask.SendPsn | Mask.Timeout | Mask.RetryCount | Mask.RnrRetry | Mask.MaxReadAtomic,
            new QueuePairAttributes { Timeout = 14 }));
        Assert.Equal(Errno.None, Send());
        Assert.Equal(Errno.None, endpoint.Modify(State.Error));
        Assert.Equal(Errno.None, Receive());
        Assert.Equal(Errno.None, Send());
        endpoint.Poll();
        Assert.Equal(2, endpoint.Sent.Count);
        Assert.Equal(2, endpoint.Received.Count);
        Assert.All(
            endpoint.Sent.Concat(endpoint.Received),
            completion => Assert.Equal(CompletionStatus.WorkRequestFlushedError, completion.Status));

        Errno Receive() => endpoint.PostReceive(1, endpoint.Piece(0, 8));
        Errno Send() => endpoint.Post(Endpoint.Entry(1, WorkRequestOpcode.Send, SendFlags.None), endpoint.Piece(0, 8));
    }

    [Fact]
    public void Going_to_error_flushes_everything_in_order()
    {
        using var pair = new ConnectedPair();
        pair.Network.Filter = _ => false;
        for (ulong i = 0; i < 20; i++)
        {
            pair.A.Post(Endpoint.Entry(i, WorkRequestOpcode.Send, SendFlags.None), pair.A.Piece(0, 3000));
            pair.A.PostReceive(i, pair.A.Piece(0, 8));
        }

        Assert.Equal(Errno.None, pair.A.Modify(State.Error));
        pair.A.Poll();
        ulong[] ids = [.. Enumerable.Range(0, 20).Select(i => (ulong)i)];
        Assert.Equal(ids, pair.A.Sent.Select(completion => completion.Id));
        Assert.Equal(ids, pair.A.Received.Select(completion => completion.Id));
    }

    [Fact]
    public void A_reset_queue_pair_forgets_everything_and_can_be_connected_again()
    {
        using var pair = new ConnectedPair();
        pair.Network.Filter = _ => false;
        pair.A.Post(Endpoint.Entry(1, WorkRequestOpcode.Send), pair.A.Piece(0, 8));
        pair.Network.Filter = null;
        Assert.Equal(Errno.None, pair.A.Modify(State.Reset));
        Assert.Equal(Errno.None, pair.B.Modify(State.Reset));
        pair.A.Poll();
        Assert.Empty(pair.A.Sent);
        pair.A.Connect(SimulatedNetwork.AddressOf(2), pair.B.QueuePair.Number);
        pair.B.Connect(SimulatedNetwork.AddressOf(1), pair.A.QueuePair.Number);
        pair.B.PostReceive(1, pair.B.Piece(0, 8));
        pair.A.Post(Endpoint.Entry(2, WorkRequestOpcode.Send), pair.A.Piece(0, 8));
        pair.Run(1, 1);
        Assert.Equal(2ul, Assert.Single(pair.A.Sent).Id);
    }

    [Fact]
    public void A_drained_send_queue_ends_what_it_started_and_keeps_the_rest()
    {
        using var pair = new ConnectedPair();
        pair.B.PostReceive(1, pair.B.Piece(0, 8));
        pair.B.PostReceive(2, pair.B.Piece(0, 8));
        pair.A.Post(Endpoint.Entry(1, WorkRequestOpcode.Send), pair.A.Piece(0, 8));
        Assert.Equal(Errno.None, pair.A.Modify(
            State.SendQueueDrain, Mask.EnableDrainedEvent, new QueuePairAttributes { EnableDrainedEvent = true }));
        Assert.Equal(Errno.None, pair.A.Post(Endpoint.Entry(2, WorkRequestOpcode.Send), pair.A.Piece(0, 8)));
        pair.A.QueuePair.Query(Mask.State, out QueuePairAttributes attributes);
        Assert.True(attributes.IsDraining);
        Assert.Empty(pair.A.Events());
        pair.Run(1, 1);
        pair.Network.Run(0.05);
        pair.A.Poll();
        Assert.Single(pair.A.Sent);
        Assert.Equal([AsyncEventType.SendQueueDrained], pair.A.Events());
        pair.A.QueuePair.Query(Mask.State, out attributes);
        Assert.False(attributes.IsDraining);
        Assert.Equal(Errno.None, pair.A.Modify(State.ReadyToSend));
        pair.Run(2, 2);
        Assert.Empty(pair.A.Events());
        Assert.Equal(Errno.None, pair.A.Modify(State.SendQueueDrain)); // without the event this time
        Assert.Empty(pair.A.Events());
        Assert.Equal(Errno.None, pair.A.Modify(State.ReadyToSend));
    }

    [Fact]
    public void Reads_that_a_modify_to_none_finds_started_end_and_those_that_wait_fail()
    {
        using var pair = new ConnectedPair(change: options => options.MaxReadAtomic = 1);
        SendEntry Read(ulong id) => Endpoint.Entry(
            id, WorkRequestOpcode.RdmaRead, remoteAddress: (ulong)pair.B.AddressOf(0), remoteKey: pair.B.RemoteKey);
        pair.A.Post(Read(1), pair.A.Piece(0, 200_000)); // several requests: the window is shorter
        Assert.Equal(Errno.None, pair.A.Modify(State.SendQueueDrain));
        Assert.Equal(Errno.None, pair.A.Post(Read(2), pair.A.Piece(0, 8)));
        Assert.Equal(
            Errno.None, pair.A.Modify(State.SendQueueDrain, Mask.MaxReadAtomic, new QueuePairAttributes()));
        Assert.Equal(Errno.EINVAL, pair.A.Post(Read(3), pair.A.Piece(0, 8)));
        pair.Run(1);
        Assert.True(pair.A.Sent[0].IsSuccess);
        Assert.Equal(Errno.None, pair.A.Modify(State.ReadyToSend));
        pair.Run(2);
        Assert.Equal(
            (2ul, CompletionStatus.LocalQueuePairOperationError), (pair.A.Sent[1].Id, pair.A.Sent[1].Status));
        Assert.Equal(State.Error, StateOf(pair.A));
    }

    [Fact]
    public void A_full_queue_says_so_and_takes_more_when_something_has_completed()
    {
        using var pair = new ConnectedPair(depth: 4);
        pair.Network.Filter = _ => false;
        for (ulong i = 0; i < 4; i++)
            Assert.Equal(Errno.None, Send(i));
        Assert.Equal(Errno.ENOMEM, Send(4));
        for (ulong i = 0; i < 4; i++)
            Assert.Equal(Errno.None, pair.A.PostReceive(i));
        Assert.Equal(Errno.ENOMEM, pair.A.PostReceive(4));
        pair.Network.Filter = null;
        pair.B.PostReceive(0, pair.B.Piece(0, 8));
        pair.Run(1, 1);
        Assert.Equal(Errno.None, Send(4));

        Errno Send(ulong id) => pair.A.Post(Endpoint.Entry(id, WorkRequestOpcode.Send), pair.A.Piece(0, 8));
    }

    [Fact]
    public void Wrong_entries_are_refused()
    {
        using var pair = new ConnectedPair(change: options => options.MaxReadAtomic = 0);
        ScatterGatherEntry piece = pair.A.Piece(0, 8);
        ScatterGatherEntry[] nine = [.. Enumerable.Repeat(piece, 9)];
        Assert.Equal(Errno.EINVAL, Post(WorkRequestOpcode.Send, SendFlags.None, nine));
        Assert.Equal(Errno.EINVAL, Post((WorkRequestOpcode)77, SendFlags.None, piece));
        Assert.Equal(Errno.EINVAL, Post(WorkRequestOpcode.BindMemoryWindow, SendFlags.None, piece));
        Assert.Equal(Errno.EINVAL, Post(WorkRequestOpcode.Send, (SendFlags)64, piece));
        Assert.Equal(Errno.EINVAL, Post(WorkRequestOpcode.Send, SendFlags.Inline, pair.A.Piece(0, 257)));
        Assert.Equal(Errno.EINVAL, Post(WorkRequestOpcode.RdmaRead, SendFlags.None, piece)); // none may be outstanding
        Assert.Equal(Errno.EINVAL, Post(WorkRequestOpcode.FetchAndAdd, SendFlags.None, pair.A.Piece(0, 4)));
        piece.Length = 0x4000_0001;
        Assert.Equal(Errno.EINVAL, Post(WorkRequestOpcode.RdmaWrite, SendFlags.None, piece, piece));
        Assert.Equal(Errno.EINVAL, pair.A.PostReceive(1, nine));

        Errno Post(WorkRequestOpcode opcode, SendFlags flags, params ReadOnlySpan<ScatterGatherEntry> pieces) =>
            pair.A.Post(Endpoint.Entry(1, opcode, flags), pieces);
    }

    [Fact]
    public void Inline_bytes_are_taken_at_once_and_need_no_key()
    {
        using var pair = new ConnectedPair();
        pair.B.PostReceive(1, pair.B.Piece(0, 256));
        byte[] bytes = GC.AllocateArray<byte>(200, pinned: true);
        bytes.AsSpan().Fill(4);
        var pieces = new ScatterGatherEntry[2];
        fixed (byte* start = bytes)
        {
            pieces[0] = new ScatterGatherEntry { Address = (ulong)start, Length = 100 };
            pieces[1] = new ScatterGatherEntry { Address = (ulong)(start + 100), Length = 100 };
        }

        Assert.Equal(
            Errno.None,
            pair.A.Post(Endpoint.Entry(1, WorkRequestOpcode.Send, SendFlags.Signaled | SendFlags.Inline), pieces));
        bytes.AsSpan().Clear();
        pair.Run(1, 1);
        Assert.Equal(200, pair.B.Memory.AsSpan(0, 256).Count((byte)4));
    }

    [Fact]
    public void A_local_key_can_be_invalidated_and_is_gone_then()
    {
        using var pair = new ConnectedPair();
        using var region = (SoftRegion)pair.A.Domain.RegisterMemory(
            new Block(pair.A.AddressOf(0), 64), 0, AccessFlags.LocalWrite | AccessFlags.ZeroBased, null, null, 0);
        uint key = region.LocalKeyValue;
        Assert.Equal(Errno.None, pair.A.Post(Endpoint.Entry(1, WorkRequestOpcode.LocalInvalidate, immediate: key)));
        pair.Run(1);
        Assert.Equal(
            (CompletionStatus.Success, CompletionOpcode.LocalInvalidate),
            (pair.A.Sent[0].Status, pair.A.Sent[0].Opcode));
        pair.A.Post(
            Endpoint.Entry(2, WorkRequestOpcode.Send),
            new ScatterGatherEntry { Address = 0, Length = 8, LocalKey = key });
        pair.Run(2);
        Assert.Equal(CompletionStatus.LocalProtectionError, pair.A.Sent[1].Status);
    }

    private static State StateOf(Endpoint endpoint)
    {
        endpoint.QueuePair.Query(Mask.State, out QueuePairAttributes attributes);
        return attributes.State;
    }
}
