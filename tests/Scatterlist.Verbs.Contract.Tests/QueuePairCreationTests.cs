using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Making queue pairs, and asking them what they are.</summary>
public sealed class QueuePairCreationTests
{
    public static TheoryData<Medium, QueuePairType> Types()
    {
        var rows = new TheoryData<Medium, QueuePairType>();
        foreach (TheoryDataRow<Medium> medium in new OneSidedMedia())
        {
            foreach (QueuePairType type in Enum.GetValues<QueuePairType>())
                rows.Add(new TheoryDataRow<Medium, QueuePairType>(medium.Data, type) { Skip = medium.Skip });
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_queue_pair_of_defaults_is_ready_to_be_connected(Medium medium, QueuePairType type)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using CompletionQueue queue = context.CreateCompletionQueue(16);

        using PreparedQueuePair prepared =
            QueuePair.Builder(domain).WithType(type).WithCompletionQueue(queue).Build();

        Assert.Equal(type, prepared.Endpoint.Type);
        Assert.Equal(prepared.Number, prepared.Endpoint.Number);
        Assert.Equal(context.GetDefaultGid().Gid, prepared.Endpoint.Gid);
        Assert.Equal(context.QueryPort().ActiveMtu, prepared.Endpoint.Mtu);
        Assert.InRange(prepared.Number, 2u, 0xffffffu);
        Assert.Equal(QueuePairState.Init, prepared.Query().State);
        Assert.True(prepared.Capabilities.MaxSendWorkRequests >= 1);
        Assert.Same(queue, prepared.ToUnconnected().SendCompletionQueue);
        Assert.Same(domain, prepared.ToUnconnected().Domain);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_queue_pair_has_at_least_the_sizes_that_were_asked_for(Medium medium, QueuePairType type)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        var options = new LinkOptions
        {
            Type = type, SendDepth = 33, ReceiveDepth = 77, InlineBytes = 60, Mtu = (int)Mtu.Bytes256,
            Elements = Math.Min(3, context.Attributes.MaxElements),
        };

        using var kit = QueuePairKit.Make(domain, options);

        QueuePairCapabilities sizes = kit.Prepared.Capabilities;
        Assert.True(sizes.MaxSendWorkRequests >= 33);
        Assert.True(sizes.MaxReceiveWorkRequests >= 77);
        Assert.True(sizes.MaxSendElements >= options.Elements);
        Assert.True(sizes.MaxReceiveElements >= options.Elements);
        Assert.True(sizes.MaxInlineBytes >= 60);
        Assert.Equal(Mtu.Bytes256, kit.Endpoint.Mtu);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Sizes_past_the_limits_are_refused_by_name_and_value(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using CompletionQueue queue = context.CreateCompletionQueue(16);
        DeviceAttributes limits = context.Attributes;
        const int Huge = 100_000_000;
        (Func<QueuePairBuilder, QueuePairBuilder> Ask, string Name, int Value)[] asks =
        [
            (b => b.WithSendCapacity(limits.MaxWorkRequests + 1), "max_send_wr", limits.MaxWorkRequests + 1),
            (b => b.WithReceiveCapacity(limits.MaxWorkRequests + 1), "max_recv_wr", limits.MaxWorkRequests + 1),
            (b => b.WithSendCapacity(1, limits.MaxElements + 1), "max_send_sge", limits.MaxElements + 1),
            (b => b.WithReceiveCapacity(1, limits.MaxElements + 1), "max_recv_sge", limits.MaxElements + 1),
            (b => b.WithSendCapacity(-1), "max_send_wr", -1),
            (b => b.WithReceiveCapacity(1, -7), "max_recv_sge", -7),
            (b => b.WithInlineBytes(Huge), "max_inline_data", Huge),
            (b => b.WithAckTimeout(32), "timeout", 32),
            (b => b.WithAckRetries(8), "retry_cnt", 8),
            (b => b.WithRnrRetries(8), "rnr_retry", 8),
            (b => b.WithMinRnrTimer(32), "min_rnr_timer", 32),
            (b => b.WithPsn(1 << 24), "psn", 1 << 24),
            (b => b.WithReadAtomicDepth(256, 1), "max_rd_atomic", 256),
            (b => b.WithReadAtomicDepth(1, -1), "max_dest_rd_atomic", -1),
        ];
        foreach ((Func<QueuePairBuilder, QueuePairBuilder> ask, string name, int value) in asks)
        {
            QueuePairBuilder builder = ask(QueuePair.Builder(domain).WithCompletionQueue(queue));

            VerbsException e = Assert.Throws<VerbsException>(() => builder.Build());

            Assert.Contains(name, e.Message, StringComparison.Ordinal);
            Assert.Contains($"{value}", e.Message, StringComparison.Ordinal);
            Assert.True(e.Kind is VerbsErrorKind.InvalidInput or VerbsErrorKind.Resource);
        }

        using PreparedQueuePair still = QueuePair.Builder(domain).WithCompletionQueue(queue).Build();
        Assert.NotEqual(0u, still.Number);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Parts_of_different_devices_make_no_queue_pair(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using Context other = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using CompletionQueue foreign = other.CreateCompletionQueue(16);

        VerbsException e = Assert.Throws<VerbsException>(
            () => QueuePair.Builder(domain).WithCompletionQueue(foreign).Build());

        Assert.Equal(VerbsErrorKind.InvalidInput, e.Kind);
        Assert.Throws<InvalidOperationException>(() => QueuePair.Builder(domain).Build());
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Numbers_of_queue_pairs_differ(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        QueuePairKit[] kits =
            [.. Enumerable.Range(0, 40).Select(_ => QueuePairKit.Make(domain, new LinkOptions { QueueEntries = 8 }))];

        Assert.Equal(40, kits.Select(kit => kit.Endpoint.Number).Distinct().Count());
        Assert.True(kits.Select(kit => kit.Endpoint.Psn).Distinct().Count() > 30);
        foreach (QueuePairKit kit in kits)
            kit.Dispose();
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_connected_queue_pair_tells_what_it_was_made_with(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        LinkOptions options = rig.Suit(new LinkOptions
        {
            Timeout = 9, RetryCount = 5, RnrRetry = 4, MinRnrTimer = 13, ReadAtomic = 4, Mtu = (int)Mtu.Bytes512,
        });
        Link link = rig.Connect(options);

        QueuePairAttributes attributes = link.QueuePair.Query();

        Assert.Equal(QueuePairState.ReadyToSend, attributes.State);
        Assert.Equal(Mtu.Bytes512, attributes.PathMtu);
        Assert.Equal(link.Peer.Endpoint.Number, attributes.DestinationQueuePairNumber);
        Assert.Equal(link.Kit.Endpoint.Psn, attributes.SendPsn);
        Assert.Equal(link.Peer.Endpoint.Psn, attributes.ReceivePsn);
        Assert.Equal(
            (9, 5, 4, 13),
            (attributes.Timeout, attributes.RetryCount, attributes.RnrRetry, attributes.MinRnrTimer));
        Assert.True(attributes.MaxReadAtomic >= 4);
        Assert.Equal(1, attributes.Port);
        Assert.Equal(link.Peer.Endpoint.Gid, attributes.AddressVector.Destination);
        Assert.Equal(
            AccessFlags.RemoteRead | AccessFlags.RemoteWrite,
            attributes.AccessFlags & (AccessFlags.RemoteRead | AccessFlags.RemoteWrite));
        Assert.Equal(64, Math.Min(64, attributes.Capabilities.MaxSendWorkRequests));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_queue_pair_works_at_once_when_others_were_connected_before_it(Medium medium)
    {
        // A device that sleeps after the first connection has to notice what comes for the second one.
        for (int round = 0; round < 8; round++)
        {
            using Rig rig = Rig.Open(medium);
            Link first = rig.Connect(memory: 4096);
            Thread.Sleep(round % 4);
            Link second = rig.Connect(memory: 4096);

            second.AssertAlive();
            first.AssertAlive();
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Endpoints_go_to_the_peer_as_bytes_or_text(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        using var kit = QueuePairKit.Make(rig.Domain, rig.Suit(new LinkOptions()));
        byte[] bytes = new byte[QueuePairEndpoint.Size];
        kit.Endpoint.Write(bytes);

        Assert.True(QueuePairEndpoint.TryRead(bytes, out QueuePairEndpoint read));
        Assert.Equal(kit.Endpoint, read);
        Assert.Equal(kit.Endpoint, QueuePairEndpoint.Parse(kit.Endpoint.ToString()));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Endpoints_that_do_not_fit_are_not_connected(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using var reliable = QueuePairKit.Make(domain, new LinkOptions());
        using var unreliable = QueuePairKit.Make(
            domain, new LinkOptions { Type = QueuePairType.UnreliableConnected });
        using var datagram = QueuePairKit.Make(domain, new LinkOptions { Type = QueuePairType.UnreliableDatagram });

        Assert.Throws<VerbsException>(() => reliable.Prepared.Handshake(unreliable.Endpoint));
        Assert.Throws<VerbsException>(() => reliable.Prepared.Handshake(default));
        Assert.Throws<InvalidOperationException>(() => datagram.Prepared.Handshake(datagram.Endpoint));
        Assert.Throws<InvalidOperationException>(() => reliable.Prepared.Activate());
        reliable.Connect(reliable.Endpoint);
        Assert.Throws<InvalidOperationException>(() => reliable.Prepared.Handshake(reliable.Endpoint));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_queue_pair_talks_with_itself(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using var memory = RegisteredMemory.Make(domain, 8192);
        using var kit = QueuePairKit.Make(domain, new LinkOptions());
        kit.Connect(kit.Endpoint);
        Pattern.Fill(1, memory.Bytes(0, 4000));

        var write = new Work(WorkRequestOpcode.RdmaWrite, 1)
        {
            Length = 4000, Target = memory.Region.Remote.Slice(4096),
        };
        Assert.Equal(Errno.None, kit.Post(write, memory.Region));

        Assert.Equal(CompletionStatus.Success, kit.SendQueue.Next().Status);
        Pattern.AssertIs(1, memory.Bytes(4096, 4000));
    }
}
