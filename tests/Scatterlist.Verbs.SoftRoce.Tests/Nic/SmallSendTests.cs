using System.Diagnostics;

namespace Scatterlist.Verbs.SoftRoce.Tests.Nic;

/// <summary>Small messages of the same host have a way of their own, which nobody must notice but by its speed.</summary>
public sealed class SmallSendTests : IDisposable
{
    private const int Most = 100; // bytes: some have the short way, some do not
    private const int Arrival = 8192;

    private readonly NicPair _pair = new(new SoftNicOptions());

    private QueuePair Sender => _pair.Left.Pair;

    private MemoryRegion Region => _pair.Left.Region;

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void Messages_of_every_size_and_kind_arrive_in_order_and_whole() => SeededRandom.Run(1, random =>
    {
        _pair.Left.Fill((byte)random.Next());
        for (ulong id = 0; id < 5000; id++)
        {
            GiveRoom(id);
            int offset = random.Next(4096);
            int size = random.Next(Most + 1);
            bool isSignaled = id % 8 == 7 || random.Next(4) == 0;
            uint? immediate = random.Next(8) == 0 ? (uint)random.Next() : null;
            var request = new SendWorkRequest(Region.Gather((nuint)offset, (nuint)size))
            {
                Inline = size <= Sender.Capabilities.MaxInlineBytes && random.Next(2) == 0,
                Unsignaled = !isSignaled,
                Immediate = immediate,
                Fence = random.Next(4) == 0,
                Solicited = random.Next(4) == 0,
            };
            Assert.Equal(Errno.None, Sender.PostSend(request, id));
            WorkCompletion received = _pair.Right.Next();
            Assert.Equal(
                (id, CompletionStatus.Success, CompletionOpcode.Receive, (uint)size, immediate),
                (received.Id, received.Status, received.Opcode, received.ByteLength, received.Immediate));
            Assert.Equal(_pair.Left.Span.Slice(offset, size), _pair.Right.Span.Slice(Arrival, size));
            if (!isSignaled)
                continue;
            WorkCompletion sent = _pair.Left.Next();
            Assert.Equal((id, CompletionOpcode.Send), (sent.Id, sent.Opcode));
            sent.EnsureSuccess();
        }
    });

    [Fact]
    public void Inline_bytes_are_those_of_the_post()
    {
        Span<byte> word = _pair.Left.Span[..8];
        word.Fill(1);
        Send(8, inline: true, 0); // before there is room: it has to be sent again
        word.Fill(2);
        GiveRoom(0);
        _pair.Right.Expect(0);
        Assert.Equal(Enumerable.Repeat((byte)1, 8), _pair.Right.Span.Slice(Arrival, 8).ToArray());
        _pair.Left.Expect(0);
    }

    [Fact]
    public void More_inline_bytes_than_the_queue_pair_has_room_for_are_refused()
    {
        using var pair = new NicPair(new SoftNicOptions(), inline: 8);
        Assert.Equal(8, pair.Left.Pair.Capabilities.MaxInlineBytes);
        var request = new SendWorkRequest(pair.Left.Region.Gather(0, 9)) { Inline = true };
        Assert.Equal(Errno.EINVAL, pair.Left.Pair.PostSend(request, 0));
    }

    [Fact]
    public void Inline_bytes_that_the_processor_cannot_read_are_refused()
    {
        using DeviceMemory memory = Sender.Domain.Context.AllocateDeviceMemory(64);
        using MemoryRegion region = Sender.Domain.Register(memory, AccessFlags.LocalWrite);
        GiveRoom(0);
        GatherElement element = region.Gather(0, 8);
        Assert.Equal(Errno.EFAULT, Sender.PostSend(new SendWorkRequest(element) { Inline = true }, 0));
        Assert.Equal(Errno.None, Sender.PostSend(new SendWorkRequest(element), 1));
        _pair.Left.Expect(1);
        _pair.Right.Expect(0);
    }

    [Fact]
    public void A_full_queue_refuses_one_more_and_loses_none()
    {
        int capacity = Sender.Capabilities.MaxSendWorkRequests;
        int posted = 0;
        while (Sender.PostSend(new SendWorkRequest(Region.Gather(0, 8)) { Unsignaled = true }, (ulong)posted) == Errno.None)
            posted++; // nobody has room for them
        Assert.InRange(posted, 1, capacity + 1);
        Assert.Equal(Errno.ENOMEM, Sender.PostSend(new SendWorkRequest(Region.Gather(0, 8)), 0));
        for (int i = 0; i < posted; i++)
        {
            GiveRoom((ulong)i);
            _pair.Right.Expect((ulong)i);
        }
    }

    [Fact]
    public void Of_several_that_poll_one_queue_each_completion_reaches_one()
    {
        const int Messages = 20_000;
        const int Ahead = 8;
        int[] sent = new int[Messages], received = new int[Messages];
        int arrived = 0, done = 0;
        Thread[] pollers = [.. Enumerable.Range(1, 4).Select(i => new Thread(() => Poll(i % 2 == 0, room: i)))];
        Array.ForEach(pollers, poller => poller.Start());
        for (int id = 0; id < Messages; id++)
        {
            Eventually.True(
                () => id - Volatile.Read(ref arrived) < Ahead && id - Volatile.Read(ref done) < Ahead,
                () => $"{arrived} came and {done} completed of {id}");
            GiveRoom((ulong)id);
            Send(8, inline: id % 2 == 0, (ulong)id);
        }

        Array.ForEach(pollers, poller => poller.Join());
        Assert.All(sent, times => Assert.Equal(1, times));
        Assert.All(received, times => Assert.Equal(1, times));

        void Poll(bool isSender, int room)
        {
            CompletionQueue queue = isSender ? Sender.SendCompletionQueue : _pair.Right.Pair.ReceiveCompletionQueue;
            int[] counts = isSender ? sent : received;
            ref int total = ref isSender ? ref done : ref arrived;
            var completions = new WorkCompletion[room];
            var clock = Stopwatch.StartNew();
            while (Volatile.Read(ref total) < Messages && clock.Elapsed < TimeSpan.FromSeconds(60))
            {
                int count = queue.Poll(completions);
                for (int i = 0; i < count; i++)
                    Interlocked.Increment(ref counts[completions[i].Id]);
                Interlocked.Add(ref total, count);
                if (count == 0)
                    Thread.Yield(); // there are fewer processors than threads
            }
        }
    }

    [Fact]
    public void A_disposed_region_or_queue_pair_is_refused()
    {
        GatherElement element = Region.Gather(0, 8);
        Region.Dispose();
        Assert.Equal(Errno.EFAULT, Sender.PostSend(new SendWorkRequest(element), 0));
        Assert.Equal(Errno.EFAULT, Sender.PostSend(new SendWorkRequest(element) { Inline = true }, 0));
        GatherElement other = _pair.Right.Region.Gather(0, 8);
        Assert.Equal(Errno.EFAULT, Sender.PostSend(new SendWorkRequest(other), 0)); // of another domain
        Sender.Dispose();
        Assert.NotEqual(Errno.None, Sender.PostSend(new SendWorkRequest(element), 0));
    }

    [Fact]
    public void After_a_failure_messages_are_flushed()
    {
        Assert.Equal(Errno.None, _pair.Right.Pair.PostReceive(new ReceiveWorkRequest(_pair.Right.Region.Scatter(0, 4)), 0));
        Send(8, inline: false, 1); // too long for its room
        _pair.Left.Expect(1, CompletionStatus.RemoteInvalidRequestError);
        Send(8, inline: true, 2);
        _pair.Left.Expect(2, CompletionStatus.WorkRequestFlushedError);
    }

    private void GiveRoom(ulong id) => Assert.Equal(
        Errno.None, _pair.Right.Pair.PostReceive(new ReceiveWorkRequest(_pair.Right.Region.Scatter(Arrival, Most)), id));

    private void Send(nuint bytes, bool inline, ulong id) =>
        Assert.Equal(Errno.None, Sender.PostSend(new SendWorkRequest(Region.Gather(0, bytes)) { Inline = inline }, id));
}
