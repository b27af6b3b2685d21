using Scatterlist.Verbs.Tests.Fakes;

namespace Scatterlist.Verbs.Tests.Work;

/// <summary>What posts hand to the device, and what they refuse.</summary>
public sealed class PostingTests
{
    [Fact]
    public void Every_option_of_a_send_reaches_the_device()
    {
        using var pair = new Pair();
        Assert.Equal(Errno.None, pair.QueuePair.PostSend(new SendWorkRequest(pair.Region.Gather(16, 32)), 1));
        Assert.Equal(Errno.None, pair.QueuePair.PostSend(
            new SendWorkRequest(pair.Region.Gather(0, 8))
            {
                Immediate = 0x01020304, Fence = true, Solicited = true, Unsignaled = true,
            },
            2));
        Assert.Equal(Errno.None, pair.QueuePair.PostSend(
            new SendWorkRequest([pair.Region.Gather(0, 1), pair.Region.Gather(9, 2)])
            {
                Invalidate = new RemoteKey(0xaabb),
            },
            3));
        Assert.Equal(Errno.None, pair.QueuePair.PostSend(SendWorkRequest.OnlyImmediate(5), QueuePair.MaxId));

        List<SentWork> sent = pair.FakeQueuePair.Sent;
        Assert.Equal((1ul, WorkRequestOpcode.Send, SendFlags.Signaled), (sent[0].Id, sent[0].Opcode, sent[0].Flags));
        Assert.Equal(
            new RawElement(pair.Region.Address + 16, 32, pair.Region.LocalKey), Assert.Single(sent[0].Elements));
        Assert.Equal(WorkRequestOpcode.SendWithImmediate, sent[1].Opcode);
        Assert.Equal(SendFlags.Fence | SendFlags.Solicited, sent[1].Flags);
        Assert.Equal(BitConverter.IsLittleEndian ? 0x04030201u : 0x01020304u, sent[1].Immediate); // network order
        Assert.Equal(WorkRequestOpcode.SendWithInvalidate, sent[2].Opcode);
        Assert.Equal(0xaabbu, sent[2].Immediate); // host order
        Assert.Equal([1u, 2u], sent[2].Elements.Select(element => element.Length));
        Assert.Empty(sent[3].Elements);
    }

    [Fact]
    public void Writes_reads_and_atomics_name_the_peers_memory()
    {
        using var pair = new Pair();
        RemoteMemoryRegion remote = pair.Remote;
        pair.QueuePair.PostWrite(new WriteWorkRequest(pair.Region.Gather(0, 8), remote.Slice(64)), 1);
        pair.QueuePair.PostWrite(new WriteWorkRequest(pair.Region.Gather(0, 8), remote) { Immediate = 9 }, 2);
        pair.QueuePair.PostRead(new ReadWorkRequest(pair.Region.Scatter(0, 8), remote) { Fence = true }, 3);
        pair.QueuePair.PostCompareAndSwap(
            new CompareAndSwapWorkRequest(pair.Region.Scatter(0, 8), remote, 10, 11), 4);
        pair.QueuePair.PostFetchAndAdd(new FetchAndAddWorkRequest(pair.Region.Scatter(0, 8), remote, 12), 5);

        List<SentWork> sent = pair.FakeQueuePair.Sent;
        Assert.Equal(
            [
                WorkRequestOpcode.RdmaWrite, WorkRequestOpcode.RdmaWriteWithImmediate, WorkRequestOpcode.RdmaRead,
                WorkRequestOpcode.CompareAndSwap, WorkRequestOpcode.FetchAndAdd,
            ],
            sent.Select(work => work.Opcode));
        Assert.Equal((0x1040ul, 0x55u), (sent[0].RemoteAddress, sent[0].RemoteKey));
        Assert.Equal(SendFlags.Signaled | SendFlags.Fence, sent[2].Flags);
        Assert.Equal((0x1000ul, 0x55u, 10ul, 11ul),
            (sent[3].RemoteAddress, sent[3].AtomicKey, sent[3].CompareOrAdd, sent[3].Swap));
        Assert.Equal((0x55u, 12ul), (sent[4].AtomicKey, sent[4].CompareOrAdd));
    }

    [Fact]
    public void Elements_past_their_region_cannot_be_made()
    {
        using var pair = new Pair();
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Region.Gather(4096, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Region.Gather(1, 4096));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Region.Gather(nuint.MaxValue, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Region.Scatter(0, 4097));
        Assert.Equal(0u, pair.Region.Gather(4096, 0).Length);
    }

    [Fact]
    public void Nothing_is_scattered_into_a_region_without_local_write()
    {
        using var pair = new Pair(access: AccessFlags.None);
        Assert.Throws<InvalidOperationException>(() => pair.Region.Scatter());
        Assert.Equal(4096u, pair.Region.Gather().Length);
    }

    [Fact]
    public void A_disposed_region_is_refused_at_the_cut_and_at_the_post()
    {
        using var pair = new Pair();
        GatherElement element = pair.Region.Gather(0, 8);
        ScatterElement room = pair.Region.Scatter(0, 8);
        pair.Region.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pair.Region.Gather());
        Assert.Equal(Errno.EFAULT, pair.QueuePair.PostSend(new SendWorkRequest(element), 1));
        Assert.Equal(Errno.EFAULT, pair.QueuePair.PostSend(new SendWorkRequest(element) { Inline = true }, 1));
        Assert.Equal(Errno.EFAULT, pair.QueuePair.PostReceive(new ReceiveWorkRequest(room), 1));
        Assert.Empty(pair.FakeQueuePair.Sent);
        Assert.Empty(pair.FakeQueuePair.Received);
    }

    [Fact]
    public void Elements_of_another_domain_and_of_no_region_are_refused()
    {
        using var pair = new Pair();
        using ProtectionDomain other = pair.Context.AllocateDomain();
        using MemoryRegion foreign = other.Register(pair.Buffer);
        Assert.Equal(Errno.EFAULT, pair.QueuePair.PostSend(new SendWorkRequest(foreign.Gather()), 1));
        Assert.Equal(
            Errno.EFAULT, pair.QueuePair.PostSend(new SendWorkRequest([pair.Region.Gather(), default]), 1));
        Assert.Empty(pair.FakeQueuePair.Sent);
    }

    [Fact]
    public void Empty_elements_are_left_out()
    {
        using var pair = new Pair();
        pair.QueuePair.PostSend(
            new SendWorkRequest([pair.Region.Gather(0, 0), pair.Region.Gather(8, 4), pair.Region.Gather(0, 0)]), 1);
        Assert.Equal(4u, Assert.Single(pair.FakeQueuePair.Sent[0].Elements).Length);
    }

    [Fact]
    public void More_than_fits_is_refused()
    {
        using var pair = new Pair(builder => builder.WithSendCapacity(4, 2).WithReceiveCapacity(4, 1));
        GatherElement one = pair.Region.Gather(0, 1);
        Assert.Equal(Errno.EINVAL, pair.QueuePair.PostSend(new SendWorkRequest([one, one, one]), 1));
        ScatterElement room = pair.Region.Scatter(0, 1);
        Assert.Equal(Errno.EINVAL, pair.QueuePair.PostReceive(new ReceiveWorkRequest([room, room]), 1));
        RemoteMemoryRegion small = pair.Remote.Slice(0, 7);
        Assert.Equal(Errno.EINVAL, pair.QueuePair.PostWrite(new WriteWorkRequest(pair.Region.Gather(0, 8), small), 1));
        Assert.Equal(Errno.EINVAL, pair.QueuePair.PostRead(new ReadWorkRequest(pair.Region.Scatter(0, 8), small), 1));
        Assert.Equal(
            Errno.EINVAL,
            pair.QueuePair.PostFetchAndAdd(new FetchAndAddWorkRequest(pair.Region.Scatter(0, 8), small, 1), 1));
        Assert.Equal(
            Errno.EINVAL,
            pair.QueuePair.PostFetchAndAdd(new FetchAndAddWorkRequest(pair.Region.Scatter(0, 9), pair.Remote, 1), 1));
        Assert.Equal(
            Errno.EINVAL,
            pair.QueuePair.PostSend(new SendWorkRequest(pair.Region.Gather(0, 65)) { Inline = true }, 1));
        Assert.Equal(
            Errno.EINVAL, pair.QueuePair.PostSend(new SendWorkRequest { Immediate = 1, Invalidate = default(RemoteKey) }, 1));
        Assert.Empty(pair.FakeQueuePair.Sent);
    }

    [Fact]
    public void Ids_of_the_library_are_refused()
    {
        using var pair = new Pair();
        ulong id = QueuePair.MaxId + 1;
        Assert.Equal(Errno.EINVAL, pair.QueuePair.PostSend(new SendWorkRequest(), id));
        Assert.Equal(Errno.EINVAL, pair.QueuePair.PostReceive(new ReceiveWorkRequest(), id));
        Assert.Equal(Errno.EINVAL, pair.QueuePair.PostWrite(pair.Write(), id));
        Assert.Equal(Errno.EINVAL, pair.QueuePair.PostSendUnsafe(new RawWorkRequest(), id));
        Assert.Equal(Errno.EINVAL, pair.QueuePair.PostReceiveUnsafe([], id));
    }

    [Fact]
    public void A_full_queue_and_a_disposed_queue_pair_are_statuses()
    {
        using var pair = new Pair(builder => builder.WithSendCapacity(1).WithReceiveCapacity(1));
        Assert.Equal(Errno.None, pair.QueuePair.PostWrite(pair.Write(), 1));
        Assert.Equal(Errno.ENOMEM, pair.QueuePair.PostWrite(pair.Write(), 2));
        pair.QueuePair.Dispose();
        Assert.Equal(Errno.EBADF, pair.QueuePair.PostWrite(pair.Write(), 3));
        Assert.Equal(Errno.EBADF, pair.QueuePair.PostReceive(new ReceiveWorkRequest(), 3));
    }

    [Fact]
    public void Inline_bytes_are_read_where_the_memory_is_also_in_a_zero_based_region()
    {
        using var pair = new Pair();
        using MemoryRegion region = pair.Domain.Register(
            pair.Buffer, 100, 50, AccessFlags.LocalWrite | AccessFlags.ZeroBased);
        "scatter"u8.CopyTo(pair.Buffer.AsSpan(110, 7));
        Assert.Equal(0ul, region.Address);
        Assert.Equal(Errno.None, pair.QueuePair.PostSend(
            new SendWorkRequest([region.Gather(10, 3), region.Gather(0, 0), region.Gather(13, 4)]) { Inline = true }, 1));
        Assert.Equal("scatter"u8.ToArray(), pair.FakeQueuePair.Sent[0].InlineBytes);
        Assert.Equal(Errno.None, pair.QueuePair.PostSend(new SendWorkRequest(region.Gather(10, 3)), 1));
        Assert.Equal(10ul, pair.FakeQueuePair.Sent[1].Elements[0].Address);
    }

    [Fact]
    public void Device_memory_is_no_source_of_inline_bytes()
    {
        using var pair = new Pair();
        using DeviceMemory memory = pair.Context.AllocateDeviceMemory(64);
        using MemoryRegion region = pair.Domain.Register(memory, AccessFlags.LocalWrite);
        Assert.Equal(
            Errno.EFAULT, pair.QueuePair.PostSend(new SendWorkRequest(region.Gather(0, 8)) { Inline = true }, 1));
        Assert.Equal(Errno.None, pair.QueuePair.PostSend(new SendWorkRequest(region.Gather(0, 8)), 1));
    }

    [Fact]
    public void Datagrams_need_a_destination_and_others_have_none()
    {
        using var pair = new Pair(builder => builder.WithType(QueuePairType.UnreliableDatagram));
        using AddressHandle path =
            pair.Domain.CreateAddressHandle(new AddressHandleAttributes(Gid.Parse("10.0.0.2"), 3));
        var destination = new DatagramDestination(path, 0x33, 0x44);
        Assert.Equal(Errno.None, pair.QueuePair.PostSend(new SendWorkRequest { Destination = destination }, 1));
        Assert.Equal((0x33u, 0x44u),
            (pair.FakeQueuePair.Sent[0].DatagramQueuePair, pair.FakeQueuePair.Sent[0].DatagramKey));
        Assert.Equal(0x7000ul, pair.FakeQueuePair.Sent[0].RemoteAddress); // where the path lies in the union
        Assert.Equal(Errno.EINVAL, pair.QueuePair.PostSend(new SendWorkRequest(), 1));
        path.Dispose();
        Assert.Equal(Errno.EBADF, pair.QueuePair.PostSend(new SendWorkRequest { Destination = destination }, 1));

        using var connected = new Pair();
        Assert.Equal(
            Errno.EINVAL, connected.QueuePair.PostSend(new SendWorkRequest { Destination = destination }, 1));
    }

    [Fact]
    public void Raw_requests_pass_as_they_are()
    {
        using var pair = new Pair();
        RawElement[] elements = [new(0xdead, 7, new LocalKey(1)), new(0xbeef, 9, new LocalKey(2))];
        Assert.Equal(Errno.None, pair.QueuePair.PostSendUnsafe(
            new RawWorkRequest
            {
                Opcode = WorkRequestOpcode.RdmaWriteWithImmediate, Flags = SendFlags.Signaled, Elements = elements,
                RemoteAddress = new RemoteAddress(3), RemoteKey = new RemoteKey(4), Immediate = 1,
            },
            5));
        Assert.Equal(Errno.None, pair.QueuePair.PostReceiveUnsafe(elements, 6));
        SentWork sent = pair.FakeQueuePair.Sent.Single();
        Assert.Equal(elements, sent.Elements);
        Assert.Equal((5ul, 3ul, 4u), (sent.Id, sent.RemoteAddress, sent.RemoteKey));
        Assert.Equal(elements, pair.FakeQueuePair.Received.Single().Elements);
    }

    [Fact]
    public void A_shared_receive_queue_takes_receives_and_its_queue_pairs_none()
    {
        (FakeContext fake, Context context) = FakeContext.Open();
        using ProtectionDomain domain = context.AllocateDomain();
        using CompletionQueue queue = context.CreateCompletionQueue(16);
        using SharedReceiveQueue shared = domain.CreateSharedReceiveQueue(10, 2);
        using HostBuffer buffer = HostBuffer.Allocate(64);
        using MemoryRegion region = domain.Register(buffer);
        using PreparedQueuePair prepared = QueuePair.Builder(domain).WithCompletionQueue(queue)
            .WithSharedReceiveQueue(shared).Build();
        Assert.Equal(Errno.EINVAL, prepared.PostReceive(new ReceiveWorkRequest(), 1));
        Assert.Equal(Errno.None, shared.PostReceive(new ReceiveWorkRequest(region.Scatter()), 2));
        Assert.Equal(Errno.None, shared.PostReceiveUnsafe([new RawElement(1, 2, new LocalKey(3))], 3));
        ScatterElement room = region.Scatter(0, 1);
        Assert.Equal(Errno.EINVAL, shared.PostReceive(new ReceiveWorkRequest([room, room, room]), 4));
        Assert.Equal([2ul, 3ul], ((FakeSharedReceiveQueue)shared.Provider).Posted.Select(work => work.Id));
        Assert.Same(shared.Provider, fake.QueuePairs[0].Request.SharedReceiveQueue);

        shared.SetLimit(5);
        Assert.Equal(5, shared.Query().Limit);
        Assert.Throws<VerbsException>(() => shared.SetLimit(11));
        Assert.Throws<VerbsException>(() => domain.CreateSharedReceiveQueue(101));
        shared.Dispose();
        Assert.Equal(Errno.EBADF, shared.PostReceive(new ReceiveWorkRequest(), 2));
        Assert.Equal(Errno.EBADF, shared.PostReceiveUnsafe([], 2));
        context.Dispose();
    }
}
