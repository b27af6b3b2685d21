using System.Diagnostics;
using System.Runtime.CompilerServices;
using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Peers;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Objects that go in any order, twice, from any thread, or never.</summary>
[Collection(nameof(AloneCollection))]
public sealed class LifetimeTests
{
    private static readonly int Orders = MediumList.DeviceName is null ? 15 : 3; // with a slow guest in mind

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Objects_with_work_under_way_go_in_any_order_and_leave_nothing(Medium medium)
    {
        Warm(medium);
        FdCounter[] descriptors = WatchDescriptors();
        using (new LeakScope())
        {
            SeededRandom.Run(Orders, random =>
            {
                using Peer peer = Peer.Open(medium, MediumSpec.Of(medium, random.Next(), isPeer: true));
                List<IDisposable> things = MakeThings(medium, peer, random);
                while (things.Count != 0)
                {
                    int next = random.Next(things.Count);
                    things[next].Dispose();
                    things[next].Dispose();
                    things.RemoveAt(next);
                }
            });
        }

        Array.ForEach(descriptors, counter => counter.AssertNothingNew());
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Objects_with_work_under_way_go_from_many_threads_at_once(Medium medium)
    {
        Warm(medium);
        FdCounter[] descriptors = WatchDescriptors();
        using (new LeakScope())
        {
            SeededRandom.Run(Orders, random =>
            {
                using Peer peer = Peer.Open(medium, MediumSpec.Of(medium, random.Next(), isPeer: true));
                IDisposable[] things = [.. MakeThings(medium, peer, random)];
                random.Shuffle(things);
                using var start = new Barrier(4);
                Thread[] threads =
                [
                    .. Enumerable.Range(0, 4).Select(offset => new Thread(() =>
                    {
                        start.SignalAndWait();
                        for (int i = 0; i < things.Length; i++)
                            things[(i + offset * 3) % things.Length].Dispose();
                    })),
                ];
                Array.ForEach(threads, thread => thread.Start());
                Array.ForEach(threads, thread => Assert.True(thread.Join(TimeSpan.FromSeconds(20))));
            });
        }

        Array.ForEach(descriptors, counter => counter.AssertNothingNew());
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Objects_that_nobody_disposed_are_collected(Medium medium)
    {
        Warm(medium);
        using var scope = new LeakScope();
        MakeAndForget(medium);

        Eventually.TrueAfterCollection(
            () => scope.GetLive().Count == 0,
            "Handles that nobody refers to stay alive.");
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Work_may_be_posted_while_everything_is_disposed(Medium medium)
    {
        SeededRandom.Run(5, random =>
        {
            using Rig rig = Rig.Open(medium);
            Link link = rig.Connect();
            bool stop = false;
            var poster = new Thread(() =>
            {
                var batch = new WorkCompletion[16];
                while (!Volatile.Read(ref stop))
                {
                    try
                    {
                        link.Kit.Post(link.Write(5000), link.Region);
                    }
                    catch (ObjectDisposedException)
                    {
                        // The region is gone: nothing to cut an element from.
                    }

                    link.SendQueue.Poll(batch);
                }
            });
            poster.Start();
            Thread.Sleep(random.Next(15));
            IDisposable[] things =
                [link.QueuePair, link.SendQueue, link.Region, link.Memory.Buffer, rig.Domain, rig.Context];
            random.Shuffle(things);
            foreach (IDisposable thing in things)
            {
                thing.Dispose();
                Thread.Sleep(random.Next(3));
            }

            Volatile.Write(ref stop, true);
            Assert.True(poster.Join(TimeSpan.FromSeconds(20)));
            Assert.Equal(Errno.EBADF, link.QueuePair.PostSend(default, 1));
        });
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_region_is_deregistered_only_after_the_accesses_under_way(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        for (int round = 0; round < 10; round++)
        {
            Link link = rig.Connect();
            link.PeerMemory.Fill((ulong)round, 0, 60_000);
            var target = RegisteredMemory.Make(rig.Domain, 60_000);
            for (ulong i = 0; i < 10; i++)
                Assert.Equal(Errno.None, link.Kit.Post(link.Read(60_000, i), target.Region));

            target.Region.Dispose();

            // From here on nobody writes there: what the program puts stays.
            target.Bytes(0, 60_000).Fill(0xcc);
            link.SendQueue.Next(10);
            Assert.Equal(-1, target.Bytes(0, 60_000).IndexOfAnyExcept((byte)0xcc));
            target.Buffer.Dispose();
        }
    }

    private static List<IDisposable> MakeThings(Medium medium, Peer peer, Random random)
    {
        Context context = DeviceOpener.Open(MediumSpec.Of(medium, random.Next(), isPeer: false));
        ProtectionDomain domain = context.AllocateDomain();
        CompletionChannel channel = context.CreateCompletionChannel();
        CompletionQueue sends = context.CreateCompletionQueue(64);
        CompletionQueue receives = context.CreateCompletionQueue(64, channel);
        SharedReceiveQueue shared = domain.CreateSharedReceiveQueue(16);
        var options = new LinkOptions { QueueEntries = 64, SendDepth = 16, RetryCount = 2, Timeout = 10 };
        var kit = QueuePairKit.Make(domain, options, random.Next(2) == 0 ? shared : null, sends, receives);
        PeerQueuePair there = peer.CreateQueuePair(options);
        there.Connect(kit.Endpoint);
        kit.Connect(there.Endpoint);
        HostBuffer buffer = HostBuffer.Allocate(32 * 1024, new HostBufferOptions { IsShareable = random.Next(2) == 0 });
        MemoryRegion region = domain.Register(buffer, LinkOptions.EveryRemoteRight);
        PeerRegion target = peer.Register(32 * 1024);
        AddressHandle path = domain.CreateAddressHandle(there.Endpoint);
        Errno unused = kit.QueuePair.SharedReceiveQueue is null
            ? kit.QueuePair.PostReceive(new ReceiveWorkRequest(region.Scatter()), 1)
            : shared.PostReceive(new ReceiveWorkRequest(region.Scatter()), 1);
        Assert.Equal(Errno.None, unused);
        for (ulong i = 0; i < 8; i++)
        {
            Assert.Equal(
                Errno.None,
                i % 2 == 0
                    ? kit.QueuePair.PostWrite(new WriteWorkRequest(region.Gather(), target.Remote), i)
                    : kit.QueuePair.PostRead(new ReadWorkRequest(region.Scatter(), target.Remote), i));
        }

        List<IDisposable> things =
            [context, domain, channel, sends, receives, shared, kit.QueuePair, buffer, region, path];
        if (context.Attributes.MaxDeviceMemory > 0)
        {
            DeviceMemory memory = context.AllocateDeviceMemory(4096);
            things.Add(memory);
            things.Add(domain.Register(memory, LinkOptions.EveryRemoteRight));
        }

        return things;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeAndForget(Medium medium)
    {
        using Peer peer = Peer.Open(medium, MediumSpec.Of(medium, 1, isPeer: true));
        for (int i = 0; i < 3; i++)
            Debug.Assert(MakeThings(medium, peer, new Random(i)).Count > 5, "There are things.");
    }

    /// <summary>The kinds that devices open: the test's own symbols and pipes come and go as they like.</summary>
    private static FdCounter[] WatchDescriptors() =>
        [FdCounter.Start("socket:"), FdCounter.Start("anon_inode:"), FdCounter.Start("memfd:")];

    /// <summary>What a process makes once and keeps (threads, an epoll, a child) must not count as a leak.</summary>
    private static void Warm(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        rig.Connect().AssertAlive();
    }
}
