using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Objects;
using Scatterlist.Verbs.SoftRoce.Tests.Transport;

namespace Scatterlist.Verbs.SoftRoce.Tests.Nic;

[Collection(SameHost.SameHostCollection.Name)]
public sealed class NicEngineTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_hundred_connected_queue_pairs_that_are_quiet_wake_nobody(bool sameHost)
    {
        var options = new SoftNicOptions { SameHost = sameHost };
        using SoftContext left = NicEngine.Open(options);
        using SoftContext right = NicEngine.Open(options);
        using var leftContext = new Context(left, "left", "test");
        using var rightContext = new Context(right, "right", "test");
        using ProtectionDomain leftDomain = leftContext.AllocateDomain();
        using ProtectionDomain rightDomain = rightContext.AllocateDomain();
        using CompletionQueue leftQueue = leftContext.CreateCompletionQueue(16);
        using CompletionQueue rightQueue = rightContext.CreateCompletionQueue(16);
        using HostBuffer buffer = HostBuffer.Allocate(4096);
        using MemoryRegion source = leftDomain.Register(buffer, AccessFlags.LocalWrite);
        using MemoryRegion target = rightDomain.Register(buffer, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        var pairs = new List<QueuePair>();
        var completions = new WorkCompletion[1];
        for (int i = 0; i < 100; i++)
        {
            PreparedQueuePair one = QueuePair.Builder(leftDomain).WithCompletionQueue(leftQueue).Build();
            PreparedQueuePair other = QueuePair.Builder(rightDomain).WithCompletionQueue(rightQueue)
                .WithAccess(AccessFlags.RemoteWrite).Build();
            QueuePairEndpoint endpoint = one.Endpoint;
            pairs.Add(one.Handshake(other.Endpoint));
            pairs.Add(other.Handshake(endpoint));
            pairs[^2].PostWrite(new WriteWorkRequest(source.Gather(0, 64), target.Remote), 1);
            Eventually.True(() => leftQueue.Poll(completions) == 1, "the write completes");
            Assert.True(completions[0].IsSuccess);
        }

        Eventually.True(() => WakeUpsIn(milliseconds: 200) == 0, "both threads fall asleep");
        Assert.InRange(WakeUpsIn(milliseconds: 1000), 0, 2); // a late packet at most
        pairs.ForEach(pair => pair.Dispose());

        long WakeUpsIn(int milliseconds)
        {
            long before = left.Engine.WakeUps + right.Engine.WakeUps;
            Thread.Sleep(milliseconds);
            return left.Engine.WakeUps + right.Engine.WakeUps - before;
        }
    }

    [Fact]
    public void Posting_a_datagram_wakes_nobody()
    {
        using SoftContext left = NicEngine.Open(new SoftNicOptions());
        using SoftContext right = NicEngine.Open(new SoftNicOptions());
        using var sender = new Endpoint(left, QueuePairType.UnreliableDatagram);
        Gid peer = right.Engine.Gids[0].Gid;
        sender.Connect(peer, 0);
        using var handle = new SoftAddressHandle(sender.Domain, new AddressHandleAttributes(peer));
        Eventually.True(() => left.Engine.IsAsleep, "the thread falls asleep");
        SendEntry entry = Endpoint.Entry(1, WorkRequestOpcode.Send);
        entry.AddressHandle = handle.NativeObject;
        entry.RemoteQueuePair = 0x321; // nobody answers
        Assert.Equal(Errno.None, sender.Post(entry, sender.Piece(0, 8)));
        Assert.True(left.Engine.IsAsleep);
    }

    [Fact]
    public void A_nic_that_was_forgotten_is_collected_with_its_thread()
    {
        using var scope = new LeakScope();
        for (int i = 0; i < 4; i++)
        {
            WeakReference<NicEngine> forgotten = Forget(out Thread thread);
            Eventually.TrueAfterCollection(() => !forgotten.TryGetTarget(out _), "the NIC is collected");
            Eventually.TrueAfterCollection(() => !thread.IsAlive, "its thread ends");
        }

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static WeakReference<NicEngine> Forget(out Thread thread)
        {
            NicEngine engine = NicEngine.Open(new SoftNicOptions()).Engine;
            thread = engine.OwnThread!;
            Thread.Sleep(20); // it falls asleep
            return new WeakReference<NicEngine>(engine);
        }
    }

    [Fact]
    public void Opening_and_closing_leaves_no_descriptor()
    {
        using (SoftNic.Open())
        {
        }

        FdCounter descriptors = FdCounter.Start();
        for (int i = 0; i < 50; i++)
        {
            using Context context = SoftNic.Open();
            using ProtectionDomain domain = context.AllocateDomain();
            using CompletionChannel channel = context.CreateCompletionChannel();
            using CompletionQueue queue = context.CreateCompletionQueue(16, channel);
            using PreparedQueuePair pair = QueuePair.Builder(domain).WithCompletionQueue(queue).Build();
        }

        descriptors.AssertNothingNew();
    }

    [Fact]
    public void A_channel_that_no_descriptor_is_left_for_is_refused()
    {
        using Context context = SoftNic.Open();
        VerbsException? refused = null;
        DescriptorLimit.WithoutDescriptors(
            () => refused = Assert.Throws<VerbsException>(context.CreateCompletionChannel));
        Assert.Equal(VerbsErrorKind.Resource, refused!.Kind);
        Assert.Equal(Errno.EMFILE, refused.Errno);
        Assert.Equal(Remedies.OpenFiles, refused.Remedy);
        context.CreateCompletionChannel().Dispose();
    }

    [Fact]
    public void Objects_are_disposed_in_any_order()
    {
        for (int seed = 0; seed < 24; seed++)
        {
            var pair = new NicPair(new SoftNicOptions { SameHost = seed % 2 == 0 });
            pair.Left.Pair.PostWrite(
                new WriteWorkRequest(pair.Left.Region.Gather(0, 1 << 20), pair.Right.Region.Remote), 1);
            IDisposable[] parts = [.. pair.Left.Parts, .. pair.Right.Parts];
            new Random(seed).Shuffle(parts);
            Array.ForEach(parts, part => part.Dispose());
            Array.ForEach(parts, part => part.Dispose());
        }
    }
}
