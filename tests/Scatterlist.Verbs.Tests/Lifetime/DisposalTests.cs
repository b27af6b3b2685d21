using Scatterlist.Verbs.Tests.Fakes;

namespace Scatterlist.Verbs.Tests.Lifetime;

/// <summary>Objects are disposed in any order, twice, from any thread, or never.</summary>
public sealed class DisposalTests
{
    [Fact]
    public void Any_order_releases_children_before_parents() => SeededRandom.Run(300, random =>
    {
        var all = new All();
        IDisposable[] order = [.. all.Objects];
        random.Shuffle(order);
        foreach (IDisposable item in order)
        {
            item.Dispose();
            item.Dispose();
        }

        List<string> released = all.Fake.Released;
        Assert.Equal(12, released.Count);
        AssertBefore(released, "qp", "cq", "srq", "domain", "context");
        AssertBefore(released, "region", "domain");
        AssertBefore(released, "path", "domain");
        for (int i = 0, queues = 0, channels = 0; i < released.Count; i++)
        {
            queues += released[i] == "cq" ? 1 : 0;
            channels += released[i] == "channel" ? 1 : 0;
            Assert.True(channels <= queues, "A channel went before its queue.");
        }

        Assert.Equal("context", released[^1]);
    });

    [Fact]
    public void Threads_dispose_everything_at_once() => SeededRandom.Run(50, _ =>
    {
        var all = new All();
        Parallel.ForEach(all.Objects.Concat(all.Objects), item => item.Dispose());
        Assert.Equal("context", all.Fake.Released[^1]);
        Assert.Equal(12, all.Fake.Released.Count);
    });

    [Fact]
    public void Posts_and_polls_of_other_threads_meet_a_status_during_a_disposal() => SeededRandom.Run(20, random =>
    {
        var pair = new Pair();
        pair.Fake.CompletesAtOnce = true;
        pair.FakeQueuePair.Records = false;
        using var start = new ManualResetEventSlim();
        Task[] users =
        [
            .. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                WorkCompletion[] completions = new WorkCompletion[4];
                start.Wait();
                for (int i = 0; i < 2000; i++)
                {
                    Errno errno = pair.QueuePair.PostSendUnsafe(new RawWorkRequest { Flags = SendFlags.Signaled }, 1);
                    Assert.True(errno is Errno.None or Errno.EBADF);
                    Assert.True(pair.Queue.Poll(completions) >= -(int)Errno.EBADF);
                }
            })),
        ];
        start.Set();
        if (random.Next(2) == 0)
            Thread.Yield();
        pair.Dispose();
        Task.WaitAll(users);
    });

    [Fact]
    public void Memory_lives_until_its_region_is_gone()
    {
        using var pair = new Pair();
        nint address = pair.Buffer.Address;
        pair.Buffer.Dispose();
        Assert.True(pair.Buffer.IsDisposed);
        Assert.False(pair.Buffer.Handle.IsClosed);
        Assert.Equal(address, (nint)pair.Region.Address);
        pair.Region.Dispose();
        Assert.True(pair.Buffer.Handle.IsClosed);
    }

    [Fact]
    public void Pinned_memory_stays_pinned_until_its_region_is_gone()
    {
        using var pair = new Pair();
        byte[] bytes = new byte[1000];
        MemoryRegion region = pair.Domain.Register(bytes.AsMemory(100, 50));
        Assert.Equal((nuint)50, region.Length);
        NativeHandle owner = ((FakeDomain)pair.Domain.Provider).Registered[^1].Owner!;
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        bytes[100] = 0x77;
        pair.QueuePair.PostSend(new SendWorkRequest(region.Gather(0, 1)) { Inline = true }, 1);
        Assert.Equal([0x77], pair.FakeQueuePair.Sent[0].InlineBytes);
        Assert.False(owner.IsClosed);
        region.Dispose();
        Assert.True(owner.IsClosed);
    }

    [Fact]
    public void Native_objects_that_nobody_disposes_are_released_by_the_collector()
    {
        List<string> released = Lose();
        Eventually.TrueAfterCollection(() => released.Count == 12, "Lost objects stay.");

        static List<string> Lose() => new All().Fake.Released;
    }

    private static void AssertBefore(List<string> released, string first, params string[] later)
    {
        foreach (string other in later)
        {
            Assert.True(
                released.LastIndexOf(first) < released.IndexOf(other),
                $"{first} after {other}: {string.Join(", ", released)}");
        }
    }

    private sealed class All
    {
        internal All()
        {
            (Fake, Context context) = FakeContext.Open();
            ProtectionDomain domain = context.AllocateDomain();
            CompletionChannel channel = context.CreateCompletionChannel();
            CompletionQueue queue = context.CreateCompletionQueue(16, channel);
            SharedReceiveQueue shared = domain.CreateSharedReceiveQueue(4);
            HostBuffer buffer = HostBuffer.Allocate(64);
            MemoryRegion region = domain.Register(buffer);
            DeviceMemory memory = context.AllocateDeviceMemory(64);
            MemoryRegion deviceRegion = domain.Register(memory, AccessFlags.LocalWrite);
            AddressHandle path = domain.CreateAddressHandle(new AddressHandleAttributes(Gid.Parse("10.0.0.2"), 3));
            CompletionQueue awaited = context.CreateCompletionQueue(16);
            PreparedQueuePair prepared = QueuePair.Builder(domain).WithCompletionQueues(queue, awaited)
                .WithSharedReceiveQueue(shared).Build();
            QueuePair queuePair = prepared.Handshake(prepared.Endpoint);
            Objects =
            [
                context, domain, channel, queue, shared, buffer, region, memory, deviceRegion, path, awaited, prepared,
                queuePair,
            ];
        }

        internal FakeContext Fake { get; }

        internal IReadOnlyList<IDisposable> Objects { get; }
    }
}
