using Scatterlist.Verbs.Tests.Fakes;

namespace Scatterlist.Verbs.Tests.Lifetime;

/// <summary>A verb that has gone into the provider keeps its objects: another thread's dispose waits for its end.</summary>
public sealed class HoldTests
{
    public static TheoryData<string> Verbs =>
    [
        "query_port", "query_gids", "query_pkey", "alloc_pd", "create_channel", "create_cq", "alloc_dm", "async_fd",
        "async_event", "channel_fd", "reg_mr", "reg_dm", "reg_dmabuf", "create_srq", "query_srq", "create_qp",
        "create_ah",
    ];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Nothing_is_released_under_a_verb(string verb)
    {
        (FakeContext fake, Context context) = FakeContext.Open();
        ProtectionDomain domain = context.AllocateDomain();
        CompletionChannel channel = context.CreateCompletionChannel();
        CompletionQueue queue = context.CreateCompletionQueue(4, channel);
        SharedReceiveQueue shared = domain.CreateSharedReceiveQueue(4);
        DeviceMemory memory = context.AllocateDeviceMemory(64);
        using HostBuffer buffer = HostBuffer.Allocate(64);
        using FileDescriptor descriptor = HostFd.EventDescriptor.Create();
        IDisposable[] all = [context, domain, channel, queue, shared, memory];
        string[]? released = null;
        fake.During = name =>
        {
            if (name != verb || released is not null)
                return;
            released = [];
            var disposing = new Thread(() => Array.ForEach(all, item => item.Dispose()));
            disposing.Start();
            disposing.Join();
            released = [.. fake.Released];
        };
        Exception? refusal = Record.Exception(() => Call());
        fake.During = null;
        Assert.True(refusal is null or ObjectDisposedException or VerbsException, refusal?.ToString());
        string[] needed = verb switch
        {
            "channel_fd" => ["channel", "context"],
            "create_cq" => ["channel", "context"],
            "reg_mr" or "reg_dmabuf" or "create_srq" or "create_ah" => ["domain", "context"],
            "reg_dm" => ["device memory", "domain", "context"],
            "query_srq" => ["srq", "domain", "context"],
            "create_qp" => ["cq", "channel", "srq", "domain", "context"],
            _ => ["context"],
        };
        Assert.NotNull(released);
        Assert.Empty(released.Intersect(needed));
        Assert.True(fake.Released.Contains("context"), $"Kept for ever; released: {string.Join(", ", fake.Released)}");

        void Call()
        {
            IDisposable? made = null;
            switch (verb)
            {
                case "query_port": context.QueryPort(); break;
                case "query_gids": context.GetGids(); break;
                case "query_pkey": context.QueryPartitionKey(); break;
                case "alloc_pd": made = context.AllocateDomain(); break;
                case "create_channel": made = context.CreateCompletionChannel(); break;
                case "create_cq": made = context.CreateCompletionQueue(4, channel); break;
                case "alloc_dm": made = context.AllocateDeviceMemory(64); break;
                case "async_fd": _ = context.AsyncEventDescriptor; break;
                case "async_event": context.TryGetAsyncEvent(out _); break;
                case "channel_fd": _ = channel.Descriptor; break;
                case "reg_mr": made = domain.Register(buffer); break;
                case "reg_dm": made = domain.Register(memory, AccessFlags.LocalWrite); break;
                case "reg_dmabuf": made = domain.RegisterDmaBuf(descriptor, 0, 64, AccessFlags.LocalWrite); break;
                case "create_srq": made = domain.CreateSharedReceiveQueue(4); break;
                case "query_srq": shared.Query(); break;
                case "create_qp":
                    made = QueuePair.Builder(domain).WithCompletionQueue(queue).WithSharedReceiveQueue(shared).Build();
                    break;
                default: made = domain.CreateAddressHandle(new AddressHandleAttributes(Gid.Parse("10.0.0.2"))); break;
            }

            made?.Dispose();
        }
    }

    [Fact]
    public void A_disposed_domain_makes_nothing()
    {
        (FakeContext fake, Context context) = FakeContext.Open();
        using (context)
        {
            ProtectionDomain domain = context.AllocateDomain();
            domain.Dispose();
            using HostBuffer buffer = HostBuffer.Allocate(64);
            var asked = new List<string>();
            fake.During = asked.Add;
            Assert.Throws<ObjectDisposedException>(() => domain.Register(buffer));
            Assert.Throws<ObjectDisposedException>(() => domain.CreateSharedReceiveQueue(4));
            Assert.Throws<ObjectDisposedException>(
                () => domain.CreateAddressHandle(new AddressHandleAttributes(Gid.Parse("10.0.0.2"))));
            Assert.Empty(asked);
        }
    }

    [Fact]
    public void A_shared_queue_that_does_not_answer_is_given_back()
    {
        (FakeContext fake, Context context) = FakeContext.Open();
        using ProtectionDomain domain = context.AllocateDomain();
        fake.FailsQuerySrq = true;
        Assert.Throws<VerbsException>(() => domain.CreateSharedReceiveQueue(4));
        Assert.Equal(["srq"], fake.Released);
        context.Dispose();
    }

    [Theory]
    [InlineData("post_send", "qp")]
    [InlineData("post_recv", "qp")]
    [InlineData("poll_cq", "cq")]
    [InlineData("post_srq_recv", "srq")]
    public void The_data_path_holds_what_it_is_in(string verb, string needed)
    {
        using var pair = new Pair();
        SharedReceiveQueue shared = pair.Domain.CreateSharedReceiveQueue(4);
        string[]? released = null;
        pair.Fake.During = name =>
        {
            if (name != verb)
                return;
            pair.Fake.During = null;

            // Two threads: each of them may be the one that ends it.
            IDisposable owner = needed == "qp" ? pair.QueuePair : needed == "cq" ? pair.Queue : shared;
            Task.WaitAll(Task.Run(owner.Dispose), Task.Run(owner.Dispose));
            Assert.Equal(Errno.EBADF, needed == "cq" ? (Errno)(-pair.Queue.Poll(new WorkCompletion[1])) : Post(verb));
            released = [.. pair.Fake.Released];
        };
        if (needed == "cq")
            pair.Queue.Poll(new WorkCompletion[1]);
        else
            Post(verb);
        Assert.NotNull(released);
        Assert.DoesNotContain(needed, released);
        pair.QueuePair.Dispose(); // which keeps the completion queue
        Assert.Single(pair.Fake.Released, what => what == needed);

        Errno Post(string how) => how switch
        {
            "post_send" => pair.QueuePair.PostSend(new SendWorkRequest(), 1),
            "post_recv" => pair.QueuePair.PostReceive(new ReceiveWorkRequest(), 1),
            _ => shared.PostReceive(new ReceiveWorkRequest(), 1),
        };
    }

    [Fact]
    public void Calls_and_disposals_of_many_threads_release_once() => SeededRandom.Run(100, _ =>
    {
        var pair = new Pair();
        using var start = new Barrier(4);
        Thread[] threads =
        [
            .. Enumerable.Range(0, 4).Select(number => new Thread(() =>
            {
                start.SignalAndWait();
                for (int i = 0; i < 20; i++)
                    pair.QueuePair.PostReceiveUnsafe([], 1);
                if (number < 2)
                    pair.QueuePair.Dispose();
                for (int i = 0; i < 20; i++)
                    pair.QueuePair.PostReceiveUnsafe([], 1);
            })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Single(pair.Fake.Released, what => what == "qp");
        Assert.Equal(Errno.EBADF, pair.QueuePair.PostReceiveUnsafe([], 1));
        pair.Dispose();
        Assert.Equal("context", pair.Fake.Released[^1]);
    });
}
