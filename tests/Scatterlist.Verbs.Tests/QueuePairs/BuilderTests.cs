using Scatterlist.Verbs.Tests.Fakes;

namespace Scatterlist.Verbs.Tests.QueuePairs;

/// <summary>The builder's defaults, its checks against the device, and the transitions of a handshake.</summary>
public sealed class BuilderTests
{
    public static TheoryData<string, Action<QueuePairBuilder>> PastLimits => new()
    {
        { "max_send_wr 1001", builder => builder.WithSendCapacity(1001) },
        { "max_send_wr -1", builder => builder.WithSendCapacity(-1) },
        { "max_recv_wr 1001", builder => builder.WithReceiveCapacity(1001) },
        { "max_send_sge 9", builder => builder.WithSendCapacity(1, 9) },
        { "max_recv_sge 9", builder => builder.WithReceiveCapacity(1, 9) },
        { "max_inline_data 257", builder => builder.WithInlineBytes(257) },
        { "rnr_retry 8", builder => builder.WithRnrRetries(8) },
        { "retry_cnt 8", builder => builder.WithAckRetries(8) },
        { "timeout 32", builder => builder.WithAckTimeout(32) },
        { "min_rnr_timer 32", builder => builder.WithMinRnrTimer(32) },
        { "path_mtu Bytes2048", builder => builder.WithMtu(Mtu.Bytes2048) },
        { "port 2", builder => builder.WithPort(2) },
        { "port 0", builder => builder.WithPort(0) },
        { "gid index 9", builder => builder.WithGidIndex(9) },
        { "sgid_index 259", builder => builder.WithGidIndex(259) },
        { "sgid_index -1", builder => builder.WithGidIndex(-1) },
        { "psn 16777216", builder => builder.WithPsn(0x1000000) },
        { "max_rd_atomic 13", builder => builder.WithReadAtomicDepth(13, 1) },
        { "max_dest_rd_atomic 17", builder => builder.WithReadAtomicDepth(1, 17) },
        { "flow_label 1048576", builder => builder.WithFlowLabel(1 << 20) },
        { "sl 16", builder => builder.WithServiceLevel(16) },
        { "type 9", builder => builder.WithType((QueuePairType)9) },
    };

    [Theory]
    [MemberData(nameof(PastLimits), DisableDiscoveryEnumeration = true)]
    public void A_value_past_a_limit_is_named(string value, Action<QueuePairBuilder> set)
    {
        (FakeContext fake, Context context) = FakeContext.Open();
        using ProtectionDomain domain = context.AllocateDomain();
        using CompletionQueue queue = context.CreateCompletionQueue(16);
        QueuePairBuilder builder = QueuePair.Builder(domain).WithCompletionQueue(queue);
        set(builder);
        VerbsException refused = Assert.Throws<VerbsException>(builder.Build);
        Assert.Equal(VerbsErrorKind.InvalidInput, refused.Kind);
        Assert.Contains(value, refused.Message, StringComparison.Ordinal);
        Assert.Empty(fake.QueuePairs);
        context.Dispose();
    }

    [Fact]
    public void The_defaults_work_on_ethernet_and_in_software()
    {
        using var pair = new Pair();
        Assert.Equal(
            [QueuePairState.Init, QueuePairState.ReadyToReceive, QueuePairState.ReadyToSend],
            pair.FakeQueuePair.Modifies.Select(modify => modify.Attributes.State));
        QueuePairAttributes init = pair.FakeQueuePair.Modifies[0].Attributes;
        QueuePairAttributes receive = pair.FakeQueuePair.Modifies[1].Attributes;
        QueuePairAttributes send = pair.FakeQueuePair.Modifies[2].Attributes;

        Assert.Equal(1, init.Port);
        Assert.Equal(
            AccessFlags.RemoteRead | AccessFlags.RemoteWrite | AccessFlags.RemoteAtomic, init.AccessFlags);
        Assert.Equal(Mtu.Bytes1024, receive.PathMtu); // the port's active one
        Assert.True(receive.AddressVector.IsGlobal);
        Assert.Equal(3, receive.AddressVector.SourceGidIndex); // RoCE v2 over IPv4
        Assert.Equal(64, receive.AddressVector.HopLimit);
        Assert.Equal(16, receive.MaxDestinationReadAtomic);
        Assert.Equal(12, receive.MinRnrTimer);
        Assert.Equal(14, send.Timeout);
        Assert.Equal(6, send.RetryCount);
        Assert.Equal(6, send.RnrRetry);
        Assert.Equal(12, send.MaxReadAtomic);
        Assert.Equal(receive.ReceivePsn, send.SendPsn); // connected with itself
        Assert.Equal(new QueuePairCapabilities(128, 128, 4, 4, 64), pair.QueuePair.Capabilities);
    }

    [Fact]
    public void Packets_start_at_a_random_number()
    {
        HashSet<uint> seen = [];
        for (int i = 0; i < 20; i++)
        {
            using var pair = new Pair();
            seen.Add(pair.FakeQueuePair.Modifies[2].Attributes.SendPsn);
        }

        Assert.True(seen.Count > 10);
    }

    [Fact]
    public void Defaults_shrink_to_a_small_device()
    {
        (FakeContext fake, Context context) = FakeContext.Open();
        using (context)
        {
            fake.Attributes = fake.Attributes with
            {
                MaxWorkRequests = 16, MaxElements = 1, MaxReadAtomic = 1, MaxInitiatorReadAtomic = 1,
                AtomicCapability = AtomicCapability.None,
            };
        }

        using var again = new Context(fake.Reopen(), "fake0", "fake");
        using ProtectionDomain domain = again.AllocateDomain();
        using CompletionQueue queue = again.CreateCompletionQueue(16);
        using PreparedQueuePair prepared = QueuePair.Builder(domain).WithCompletionQueue(queue).Build();
        Assert.Equal(new QueuePairCapabilities(16, 16, 1, 1, 0), prepared.Capabilities);
        Assert.Equal(1, prepared.Endpoint.ReadAtomicDepth);
    }

    [Fact]
    public void A_handshake_takes_the_smaller_mtu_and_the_peers_depth_and_numbers()
    {
        using var pair = new Pair();
        using PreparedQueuePair prepared = QueuePair.Builder(pair.Domain).WithCompletionQueue(pair.Queue)
            .WithPsn(5).WithAckTimeout(TimeSpan.FromMilliseconds(100)).WithMinRnrTimer(TimeSpan.FromMilliseconds(1))
            .WithTrafficClass(8).WithFlowLabel(77).WithHopLimit(3).WithGidIndex(2).Build();
        var remote = new QueuePairEndpoint(Gid.Parse("10.0.0.9"), 0x99, 0x777, Mtu.Bytes512)
        {
            ReadAtomicDepth = 2,
        };
        using QueuePair queuePair = prepared.Handshake(remote);
        FakeQueuePair fake = pair.Fake.QueuePairs[^1];
        QueuePairAttributes receive = fake.Modifies[1].Attributes;
        QueuePairAttributes send = fake.Modifies[2].Attributes;

        Assert.Equal(Mtu.Bytes512, receive.PathMtu);
        Assert.Equal(0x99u, receive.DestinationQueuePairNumber);
        Assert.Equal(0x777u, receive.ReceivePsn);
        Assert.Equal(
            new AddressHandleAttributes(remote.Gid, 2) { TrafficClass = 8, FlowLabel = 77, HopLimit = 3 },
            receive.AddressVector);
        Assert.Equal(14, receive.MinRnrTimer); // 1.28 ms
        Assert.Equal(2, send.MaxReadAtomic);
        Assert.Equal(5u, send.SendPsn);
        Assert.Equal(15, send.Timeout); // 134 ms
        Assert.Equal(5u, prepared.Endpoint.Psn);
        Assert.Equal(queuePair.Number, prepared.Endpoint.Number);
    }

    [Fact]
    public void Unreliable_connections_leave_out_what_only_reliable_ones_have()
    {
        using var pair = new Pair(builder => builder.WithType(QueuePairType.UnreliableConnected));
        Assert.Equal(
            QueuePairAttributeMask.State | QueuePairAttributeMask.AddressVector | QueuePairAttributeMask.PathMtu
                | QueuePairAttributeMask.DestinationQueuePairNumber | QueuePairAttributeMask.ReceivePsn,
            pair.FakeQueuePair.Modifies[1].Mask);
        Assert.Equal(
            QueuePairAttributeMask.State | QueuePairAttributeMask.SendPsn, pair.FakeQueuePair.Modifies[2].Mask);
    }

    [Fact]
    public void Datagrams_are_activated_with_a_queue_key_and_not_connected()
    {
        using var pair = new Pair(
            builder => builder.WithType(QueuePairType.UnreliableDatagram).WithQueueKey(0x1234));
        Assert.Equal(0x1234u, pair.FakeQueuePair.Modifies[0].Attributes.QueueKey);
        Assert.True((pair.FakeQueuePair.Modifies[0].Mask & QueuePairAttributeMask.QKey) != 0);
        Assert.Equal(QueuePairState.ReadyToSend, pair.QueuePair.State);
        using PreparedQueuePair other = QueuePair.Builder(pair.Domain).WithCompletionQueue(pair.Queue)
            .WithType(QueuePairType.UnreliableDatagram).Build();
        Assert.InRange(other.Endpoint.QueueKey, 1u, (uint)int.MaxValue);
        Assert.Throws<InvalidOperationException>(() => other.Handshake(other.Endpoint));
    }

    [Fact]
    public void Endpoints_that_do_not_fit_together_are_refused_before_the_device_sees_them()
    {
        using var pair = new Pair();
        using PreparedQueuePair prepared =
            QueuePair.Builder(pair.Domain).WithCompletionQueue(pair.Queue).Build();
        QueuePairEndpoint own = prepared.Endpoint;
        QueuePairEndpoint[] wrong =
        [
            own with { Type = QueuePairType.UnreliableConnected },
            default(QueuePairEndpoint) with { Type = QueuePairType.ReliableConnected },
            new(Gid.Parse("fd00::1"), 17, 0, Mtu.Bytes1024),
        ];
        foreach (QueuePairEndpoint remote in wrong)
        {
            VerbsException refused = Assert.Throws<VerbsException>(() => prepared.Handshake(remote));
            Assert.Equal(VerbsErrorKind.InvalidInput, refused.Kind);
        }

        Assert.Single(pair.Fake.QueuePairs[^1].Modifies);
        prepared.Handshake(own);
        Assert.Throws<InvalidOperationException>(() => prepared.Handshake(own));
        Assert.Throws<InvalidOperationException>(prepared.Activate);
    }

    [Fact]
    public void Receives_can_be_posted_before_the_handshake()
    {
        using var pair = new Pair();
        using PreparedQueuePair prepared =
            QueuePair.Builder(pair.Domain).WithCompletionQueue(pair.Queue).Build();
        Assert.Equal(Errno.None, prepared.PostReceive(new ReceiveWorkRequest(pair.Region.Scatter()), 4));
        Assert.Equal(4ul, pair.Fake.QueuePairs[^1].Received.Single().Id);
    }

    [Fact]
    public void A_queue_pair_needs_a_completion_queue_of_its_own_context()
    {
        using var pair = new Pair();
        using var other = new Pair();
        Assert.Throws<InvalidOperationException>(QueuePair.Builder(pair.Domain).Build);
        Assert.Throws<VerbsException>(
            QueuePair.Builder(pair.Domain).WithCompletionQueue(other.Queue).Build);
    }

    [Fact]
    public void A_port_that_is_down_is_said_at_once()
    {
        using var pair = new Pair();
        pair.Fake.Port = pair.Fake.Port with { State = PortState.Down };
        VerbsException refused = Assert.Throws<VerbsException>(
            QueuePair.Builder(pair.Domain).WithCompletionQueue(pair.Queue).Build);
        Assert.Contains("Down", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_first_transition_leaves_no_queue_pair_behind()
    {
        using var pair = new Pair();
        pair.Fake.Released.Clear();
        pair.Fake.FailsNextInit = Errno.EINVAL;
        Assert.Throws<VerbsException>(QueuePair.Builder(pair.Domain).WithCompletionQueue(pair.Queue).Build);
        Assert.Equal(["qp"], pair.Fake.Released);
    }

    [Theory]
    [InlineData(300)] // past one byte: it would have been 44
    [InlineData(-1)]
    public void A_path_s_own_gid_index_is_checked(int index)
    {
        (_, Context context) = FakeContext.Open();
        using ProtectionDomain domain = context.AllocateDomain();
        var peer = new QueuePairEndpoint(Gid.Parse("10.0.0.2"), 17, 0, Mtu.Bytes1024, 0);
        VerbsException refused = Assert.Throws<VerbsException>(() => domain.CreateAddressHandle(peer, index));
        Assert.Equal(VerbsErrorKind.InvalidInput, refused.Kind);
        Assert.Contains($"sgid_index {index}", refused.Message, StringComparison.Ordinal);
        context.Dispose();
    }

    [Fact]
    public void Inline_bytes_are_as_many_as_the_device_gives()
    {
        (FakeContext fake, Context context) = FakeContext.Open();
        fake.Attributes = fake.Attributes with { MaxInlineBytes = 0 }; // as libibverbs: it does not say
        using Context silent = new(fake.Reopen(), "fake1", "fake");
        ((FakeContext)silent.Provider).MostInline = 100;
        using ProtectionDomain domain = silent.AllocateDomain();
        using CompletionQueue queue = silent.CreateCompletionQueue(4);
        QueuePairBuilder builder = QueuePair.Builder(domain).WithCompletionQueue(queue);
        using (PreparedQueuePair some = builder.WithInlineBytesUpTo(256).Build())
            Assert.Equal(64, some.Capabilities.MaxInlineBytes);
        using (PreparedQueuePair all = builder.WithInlineBytesUpTo(100).Build())
            Assert.Equal(100, all.Capabilities.MaxInlineBytes);
        Assert.Throws<VerbsException>(builder.WithInlineBytes(256).Build);
        ((FakeContext)silent.Provider).MostInline = -1; // refuses whatever is asked
        Assert.Throws<VerbsException>(builder.WithInlineBytesUpTo(256).Build);
        context.Dispose();
    }
}
