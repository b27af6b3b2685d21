using Scatterlist.Verbs.Tests.Fakes;

namespace Scatterlist.Verbs.Tests.Work;

/// <summary>Batches: one ring, their order, and their room.</summary>
public sealed class BatchTests
{
    [Fact]
    public void A_batch_rings_once_and_keeps_its_order()
    {
        using var pair = new Pair();
        PostBatch batch = pair.QueuePair.BeginBatch(stackalloc BatchSlot[8]);
        Assert.Equal(Errno.None, batch.Add(new SendWorkRequest([pair.Region.Gather(0, 1), pair.Region.Gather(1, 2)]), 1));
        Assert.Equal(Errno.None, batch.Add(new WriteWorkRequest(pair.Region.Gather(4, 4), pair.Remote), 2));
        Assert.Equal(Errno.None, batch.Add(new ReadWorkRequest(pair.Region.Scatter(8, 8), pair.Remote), 3));
        Assert.Equal(Errno.None, batch.Add(
            new CompareAndSwapWorkRequest(pair.Region.Scatter(0, 8), pair.Remote, 1, 2), 4));
        Assert.Equal(Errno.None, batch.Add(new FetchAndAddWorkRequest(pair.Region.Scatter(0, 8), pair.Remote, 1), 5));
        Assert.Equal(Errno.None, batch.Add(new SendWorkRequest(), 6));
        Assert.Equal(6, batch.Count);
        Assert.Empty(pair.FakeQueuePair.Sent);

        Assert.Equal(Errno.None, batch.Post(out int posted));
        Assert.Equal(6, posted);
        Assert.Equal(0, batch.Count);
        Assert.Equal(1, pair.FakeQueuePair.Rings);
        Assert.Equal([1ul, 2, 3, 4, 5, 6], pair.FakeQueuePair.Sent.Select(work => work.Id));
        Assert.Equal([1u, 2u], pair.FakeQueuePair.Sent[0].Elements.Select(element => element.Length));
        Assert.Equal(pair.Region.Address + 4, pair.FakeQueuePair.Sent[1].Elements[0].Address);
        Assert.Equal(2ul, pair.FakeQueuePair.Sent[3].Swap);
        Assert.Empty(pair.FakeQueuePair.Sent[5].Elements);

        Assert.Equal(Errno.None, batch.Post()); // nothing to do
        Assert.Equal(1, pair.FakeQueuePair.Rings);
    }

    [Fact]
    public void Inline_bytes_are_taken_when_they_are_added()
    {
        using var pair = new Pair();
        PostBatch batch = pair.QueuePair.BeginBatch(stackalloc BatchSlot[4]);
        "first, second"u8.CopyTo(pair.Buffer.AsSpan(0, 13));
        Assert.Equal(Errno.None, batch.Add(
            new SendWorkRequest([pair.Region.Gather(0, 5), pair.Region.Gather(7, 6)]) { Inline = true }, 1));
        pair.Buffer.AsSpan(0, 13).Clear();
        Assert.Equal(Errno.None, batch.Add(new WriteWorkRequest(pair.Region.Gather(0, 8), pair.Remote), 2));
        Assert.Equal(Errno.None, batch.Add(new SendWorkRequest { Inline = true }, 3));
        Assert.Equal(Errno.None, batch.Post());
        Assert.Equal("firstsecond"u8.ToArray(), pair.FakeQueuePair.Sent[0].InlineBytes);
        Assert.Equal(pair.Region.Address, pair.FakeQueuePair.Sent[1].Elements[0].Address);
        Assert.Empty(pair.FakeQueuePair.Sent[2].Elements);
    }

    [Fact]
    public void A_full_batch_says_so_and_keeps_what_it_has()
    {
        using var pair = new Pair();
        PostBatch batch = pair.QueuePair.BeginBatch(stackalloc BatchSlot[3]);
        ulong added = 0;
        while (batch.Add(pair.Write(), added + 1) == Errno.None)
            added++;
        Assert.Equal(3ul, added); // 480 bytes: 128 and 16 each
        Assert.Equal(Errno.ENOBUFS, batch.Add(pair.Write(), 99));
        Assert.Equal(Errno.None, batch.Post(out int posted));
        Assert.Equal(3, posted);
        Assert.Equal(Errno.None, batch.Add(pair.Write(), 99));
        Assert.Equal(Errno.ENOBUFS, pair.QueuePair.BeginBatch([]).Add(pair.Write(), 1));
    }

    [Fact]
    public void What_cannot_be_posted_is_not_added()
    {
        using var pair = new Pair();
        using ProtectionDomain other = pair.Context.AllocateDomain();
        using MemoryRegion foreign = other.Register(pair.Buffer);
        PostBatch batch = pair.QueuePair.BeginBatch(stackalloc BatchSlot[4]);
        Assert.Equal(Errno.EFAULT, batch.Add(new SendWorkRequest(foreign.Gather()), 1));
        Assert.Equal(Errno.EINVAL, batch.Add(pair.Write(), ulong.MaxValue));
        Assert.Equal(Errno.EINVAL, batch.Add(new WriteWorkRequest(pair.Region.Gather(0, 8), pair.Remote.Slice(0, 7)), 1));
        Assert.Equal(
            Errno.EINVAL, batch.Add(new SendWorkRequest(pair.Region.Gather(0, 65)) { Inline = true }, 1));
        Assert.Equal(
            Errno.EINVAL, batch.Add(new FetchAndAddWorkRequest(pair.Region.Scatter(0, 4), pair.Remote, 1), 1));
        Assert.Equal(0, batch.Count);
    }

    [Fact]
    public void A_refusal_in_the_middle_tells_how_many_were_posted()
    {
        using var pair = new Pair(builder => builder.WithSendCapacity(2));
        PostBatch batch = pair.QueuePair.BeginBatch(stackalloc BatchSlot[4]);
        for (ulong id = 0; id < 4; id++)
            Assert.Equal(Errno.None, batch.Add(pair.Write(), id));
        Assert.Equal(Errno.ENOMEM, batch.Post(out int posted));
        Assert.Equal(2, posted);
        Assert.Equal(0, batch.Count);
    }

    [Fact]
    public void Datagrams_of_a_batch_take_one_path()
    {
        using var pair = new Pair(builder => builder.WithType(QueuePairType.UnreliableDatagram));
        using AddressHandle path = pair.Domain.CreateAddressHandle(pair.QueuePair.Domain.Context.GetDefaultGid() is var gid
            ? new AddressHandleAttributes(gid.Gid, (byte)gid.Index)
            : default);
        using AddressHandle other = pair.Domain.CreateAddressHandle(path.Attributes);
        PostBatch batch = pair.QueuePair.BeginBatch(stackalloc BatchSlot[4]);
        Assert.Equal(Errno.None, batch.Add(
            new SendWorkRequest { Destination = new DatagramDestination(path, 1, 2) }, 1));
        Assert.Equal(Errno.None, batch.Add(
            new SendWorkRequest { Destination = new DatagramDestination(path, 3, 4) }, 2));
        Assert.Equal(Errno.EINVAL, batch.Add(
            new SendWorkRequest { Destination = new DatagramDestination(other, 3, 4) }, 3));
        Assert.Equal(Errno.EINVAL, batch.Add(new SendWorkRequest(), 3));
        Assert.Equal(Errno.None, batch.Post());
        Assert.Equal([1u, 3u], pair.FakeQueuePair.Sent.Select(work => work.DatagramQueuePair));
        Assert.Equal(Errno.None, batch.Add(
            new SendWorkRequest { Destination = new DatagramDestination(other, 3, 4) }, 3));
        other.Dispose();
        Assert.Equal(Errno.EBADF, batch.Post());
    }

    [Fact]
    public void A_batch_in_an_array_survives_that_the_array_moves()
    {
        using var pair = new Pair();
        for (int round = 0; round < 20; round++)
        {
            PostBatch batch = pair.QueuePair.BeginBatch(new BatchSlot[8]);
            "inline"u8.CopyTo(pair.Buffer.AsSpan(0, 6));
            Assert.Equal(Errno.None, batch.Add(new SendWorkRequest(pair.Region.Gather(0, 6)) { Inline = true }, 1));
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            Assert.Equal(Errno.None, batch.Add(pair.Write(), 2));
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            Assert.Equal(Errno.None, batch.Post());
            Assert.Equal("inline"u8.ToArray(), pair.FakeQueuePair.Sent[^2].InlineBytes);
            Assert.Equal(8u, pair.FakeQueuePair.Sent[^1].Elements[0].Length);
        }
    }

    [Fact]
    public void Random_batches_arrive_as_they_were_added() => SeededRandom.Run(100, random =>
    {
        using var pair = new Pair(builder => builder.WithSendCapacity(1000, 4));
        pair.Fake.CompletesAtOnce = true;
        random.NextBytes(pair.Buffer.AsSpan());
        PostBatch batch = pair.QueuePair.BeginBatch(new BatchSlot[random.Next(1, 12)]);
        GatherElement[] elements = new GatherElement[4];
        List<(ulong Id, byte[] Bytes)> added = [];
        for (ulong id = 0; id < 40; id++)
        {
            int count = random.Next(5);
            var bytes = new List<byte>();
            bool inline = random.Next(2) == 0;
            for (int i = 0; i < count; i++)
            {
                int length = random.Next(inline ? 17 : 200);
                int offset = random.Next(4096 - length);
                elements[i] = pair.Region.Gather((nuint)offset, (nuint)length);
                bytes.AddRange(pair.Buffer.AsSpan((nuint)offset, length).ToArray());
            }

            Errno errno = batch.Add(new SendWorkRequest(elements.AsSpan(0, count)) { Inline = inline }, id);
            if (errno == Errno.None)
            {
                added.Add((id, [.. bytes]));
                continue;
            }

            Assert.Equal(Errno.ENOBUFS, errno);
            Assert.Equal(Errno.None, batch.Post());
        }

        Assert.Equal(Errno.None, batch.Post());
        Assert.Equal(added.Select(work => work.Id), pair.FakeQueuePair.Sent.Select(work => work.Id));
        for (int i = 0; i < added.Count; i++)
        {
            SentWork sent = pair.FakeQueuePair.Sent[i];
            byte[] bytes = (sent.Flags & SendFlags.Inline) != 0
                ? sent.InlineBytes
                : [.. sent.Elements.SelectMany(element => pair.Buffer
                    .AsSpan((nuint)(element.Address - pair.Region.Address), (int)element.Length).ToArray())];
            Assert.Equal(added[i].Bytes, bytes);
        }
    });

    [Fact]
    public void Receives_are_posted_in_batches_too()
    {
        using var pair = new Pair();
        ReceiveBatch batch = pair.QueuePair.BeginReceiveBatch(stackalloc BatchSlot[4]);
        int added = 0;
        while (batch.Add(new ReceiveWorkRequest(pair.Region.Scatter((nuint)added, 8)), (ulong)added) == Errno.None)
            added++;
        Assert.True(added >= 12);
        Assert.Equal(Errno.EINVAL, batch.Add(new ReceiveWorkRequest(), ulong.MaxValue));
        Assert.Equal(Errno.None, batch.Post(out int posted));
        Assert.Equal(added, posted);
        for (int i = 0; i < added; i++)
        {
            SentWork received = pair.FakeQueuePair.Received[i];
            Assert.Equal(((ulong)i, pair.Region.Address + (ulong)i), (received.Id, received.Elements[0].Address));
        }
    }

    [Fact]
    public void Batches_and_posts_allocate_nothing()
    {
        using var pair = new Pair(builder => builder.WithSendCapacity(1000, 4));
        pair.Fake.CompletesAtOnce = true;
        pair.FakeQueuePair.Records = false;
        WorkCompletion[] completions = new WorkCompletion[16];
        AllocationMeter.AssertNone(() =>
        {
            PostBatch batch = pair.QueuePair.BeginBatch(stackalloc BatchSlot[8]);
            for (ulong id = 0; id < 4; id++)
                batch.Add(pair.Write(), id);
            batch.Add(new SendWorkRequest(pair.Region.Gather(0, 32)) { Inline = true }, 4);
            batch.Post();
            pair.QueuePair.PostWrite(pair.Write(), 5);
            pair.QueuePair.PostSend(
                new SendWorkRequest([pair.Region.Gather(0, 4), pair.Region.Gather(8, 4)]) { Inline = true }, 6);
            pair.QueuePair.PostRead(new ReadWorkRequest(pair.Region.Scatter(0, 4), pair.Remote), 7);
            int polled = pair.Queue.Poll(completions);
            if (polled != 8)
                throw new InvalidOperationException($"{polled} completions came.");
        });
    }
}
