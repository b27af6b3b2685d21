namespace Scatterlist.Verbs.Tests.LibIbverbs;

/// <summary>Runs in the process that <see cref="StockLibraryTests"/> starts, where libibverbs has the tests' driver.</summary>
[Collection(nameof(StockLibraryInside))]
public sealed class StockLibraryInside
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private static bool HasBatches => Environment.GetEnvironmentVariable(FakeNic.PlainVariable) is null;

    [Fact(Explicit = true)]
    public void The_device_is_found_and_tells_its_attributes()
    {
        ProviderChoice choice = VerbsProviders.Choose();
        Assert.Equal(VerbsProviders.LibIbverbs, choice.Name);
        Assert.Contains("first provider with a device", choice.Reason, StringComparison.Ordinal);
        Device device = Assert.Single(Device.GetList());
        Assert.Equal(
            ("fake0", NodeType.ChannelAdapter, TransportType.InfiniBand, 0x0102030405060708ul),
            (device.Name, device.NodeType, device.TransportType, device.Guid));
        using Context context = device.Open();
        DeviceAttributes attributes = context.Attributes;
        Assert.Equal(
            ("fake 1", 0x0102030405060708ul, 4096, 4096ul, 0),
            (attributes.FirmwareVersion, attributes.NodeGuid, attributes.MaxWorkRequests, attributes.MaxDeviceMemory,
                attributes.MaxInlineBytes));
        PortAttributes port = context.QueryPort();
        Assert.Equal((PortState.Active, Mtu.Bytes1024, LinkLayer.Ethernet), (port.State, port.ActiveMtu, port.LinkLayer));
        GidEntry gid = Assert.Single(context.GetGids());
        Assert.Equal((0, GidType.RoceV2, "10.0.0.1"), (gid.Index, gid.Type, gid.Gid.ToAddress().ToString()));
        Assert.Equal(0xffff, context.QueryPartitionKey());
        Assert.Equal(
            VerbsErrorKind.InvalidInput, Assert.Throws<VerbsException>(() => context.QueryPort(2)).Kind);
        Assert.Equal(1, FakeNicCounts.OpenContexts);
    }

    [Fact(Explicit = true)]
    public void Device_memory_works_from_end_to_end()
    {
        using (var pair = new StockPair())
        {
            DeviceMemory memory = pair.Context.AllocateDeviceMemory(1024, 3);
            byte[] bytes = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
            Assert.Equal(Errno.None, memory.CopyTo(128, bytes));
            byte[] read = new byte[64];
            Assert.Equal(Errno.None, memory.CopyFrom(128, read));
            Assert.Equal(bytes, read);
            Assert.Equal(Errno.EINVAL, memory.CopyTo(2, bytes)); // not a whole word
            Assert.Throws<ArgumentOutOfRangeException>(() => memory.CopyTo(1000, bytes));
            Assert.Equal(
                VerbsErrorKind.Resource,
                Assert.Throws<VerbsException>(() => pair.Context.AllocateDeviceMemory(4000)).Kind);
            Assert.Equal(
                VerbsErrorKind.InvalidInput,
                Assert.Throws<VerbsException>(() => pair.Context.AllocateDeviceMemory(64, 20)).Kind);

            MemoryRegion region = pair.Domain.Register(
                memory, 128, 64, AccessFlags.LocalWrite | AccessFlags.RemoteRead | AccessFlags.RemoteWrite);
            Assert.Equal(0ul, region.Address);
            Assert.Equal(
                VerbsErrorKind.InvalidInput,
                Assert.Throws<VerbsException>(() => pair.Domain.Register(memory, 2, 64, AccessFlags.LocalWrite)).Kind);
            pair.Bytes.Clear();
            pair.Run(pair.First.PostRead(new ReadWorkRequest(pair.Region.Scatter(0, 64), region.Remote), 1));
            Assert.Equal(bytes, pair.Bytes[..64].ToArray());
            pair.Run(pair.First.PostWrite(new WriteWorkRequest(pair.Region.Gather(8, 8), region.Remote), 2));
            Assert.Equal(Errno.None, memory.CopyFrom(128, read));
            Assert.Equal(bytes[8..16], read[..8]);
            pair.Run(pair.First.PostSendUnsafe(
                new RawWorkRequest
                {
                    Opcode = WorkRequestOpcode.RdmaWrite,
                    Flags = SendFlags.Signaled,
                    Elements = [new RawElement(16, 16, region.LocalKey)],
                    RemoteAddress = pair.Region.Remote.Address,
                    RemoteKey = pair.Region.RemoteKey,
                },
                3));
            Assert.Equal(bytes[16..32], pair.Bytes[..16].ToArray());
            Assert.Equal(VerbsErrorKind.Busy, Assert.Throws<VerbsException>(memory.Free).Kind);
            region.Dispose();
            memory.Free();
            Assert.Equal(0, FakeNicCounts.DeviceMemories);
        }

        Assert.Equal(0, FakeNicCounts.OpenContexts);
    }

    [Fact(Explicit = true)]
    public void Every_operation_posts_and_polls()
    {
        using var pair = new StockPair();
        RemoteMemoryRegion there = pair.Region.Remote.Slice(1024, 256);
        "0123456789abcdef"u8.CopyTo(pair.Bytes);
        pair.Run(pair.First.PostWrite(new WriteWorkRequest(pair.Region.Gather(0, 16), there), 1));
        Assert.True(pair.Bytes.Slice(1024, 16).SequenceEqual("0123456789abcdef"u8));
        GatherElement[] two = [pair.Region.Gather(8, 8), pair.Region.Gather(0, 8)];
        pair.Run(pair.First.PostWrite(new WriteWorkRequest(two, there) { Inline = true }, 2));
        Assert.True(pair.Bytes.Slice(1024, 16).SequenceEqual("89abcdef01234567"u8));
        pair.Run(pair.First.PostRead(new ReadWorkRequest(pair.Region.Scatter(64, 16), there), 3));
        Assert.True(pair.Bytes.Slice(64, 16).SequenceEqual("89abcdef01234567"u8));

        BitConverter.TryWriteBytes(pair.Bytes[1024..], 40ul);
        pair.Run(pair.First.PostFetchAndAdd(new FetchAndAddWorkRequest(pair.Region.Scatter(0, 8), there, 2), 4));
        Assert.Equal((40ul, 42ul), (BitConverter.ToUInt64(pair.Bytes), BitConverter.ToUInt64(pair.Bytes[1024..])));
        pair.Run(pair.First.PostCompareAndSwap(
            new CompareAndSwapWorkRequest(pair.Region.Scatter(0, 8), there, 42, 7), 5));
        Assert.Equal((42ul, 7ul), (BitConverter.ToUInt64(pair.Bytes), BitConverter.ToUInt64(pair.Bytes[1024..])));

        Assert.Equal(Errno.None, pair.Second.PostReceive(new ReceiveWorkRequest(pair.Region.Scatter(2048, 64)), 6));
        "hello"u8.CopyTo(pair.Bytes);
        Assert.Equal(
            Errno.None,
            pair.First.PostSend(new SendWorkRequest(pair.Region.Gather(0, 5)) { Immediate = 0x01020304 }, 7));
        WorkCompletion received = pair.Take(6), sent = pair.Take(7);
        Assert.Equal(
            (CompletionOpcode.Receive, 5u, (uint?)0x01020304, pair.Second.Number),
            (received.Opcode, received.ByteLength, received.Immediate, received.QueuePairNumber));
        Assert.Equal(CompletionOpcode.Send, sent.Opcode);
        Assert.True(pair.Bytes.Slice(2048, 5).SequenceEqual("hello"u8));

        var wrong = new RemoteMemoryRegion(there.Address, 16, new RemoteKey(1000));
        Assert.Equal(Errno.None, pair.First.PostWrite(new WriteWorkRequest(pair.Region.Gather(0, 16), wrong), 8));
        WorkCompletion failed = pair.Take(8);
        Assert.Equal((CompletionStatus.RemoteAccessError, 0x77u), (failed.Status, failed.VendorError));
    }

    [Fact(Explicit = true)]
    public void A_batch_goes_by_the_driver_s_own_functions_where_it_has_some()
    {
        using var pair = new StockPair(sends: 8);
        RemoteMemoryRegion there = pair.Region.Remote.Slice(1024, 256);
        pair.Bytes[..8].Fill(0x11);
        BitConverter.TryWriteBytes(pair.Bytes[1024..], 40ul);
        BitConverter.TryWriteBytes(pair.Bytes[1032..], 50ul);
        pair.Second.PostReceive(new ReceiveWorkRequest(pair.Region.Scatter(3000, 8)), 100);
        pair.Second.PostReceive(new ReceiveWorkRequest(pair.Region.Scatter(3008, 8)), 101);
        (int batches, int lists) = (FakeNicCounts.Batches, FakeNicCounts.Lists);
        PostBatch batch = pair.First.BeginBatch(stackalloc BatchSlot[16]);
        Assert.Equal(Errno.None, batch.Add(
            new WriteWorkRequest(pair.Region.Gather(0, 8), there.Slice(64)) { Unsignaled = true }, 1));
        Assert.Equal(Errno.None, batch.Add(
            new WriteWorkRequest(pair.Region.Gather(0, 3), there.Slice(80)) { Inline = true }, 2));
        Assert.Equal(Errno.None, batch.Add(new ReadWorkRequest(pair.Region.Scatter(512, 8), there), 3));
        Assert.Equal(Errno.None, batch.Add(
            new FetchAndAddWorkRequest(pair.Region.Scatter(520, 8), there, 2), 4));
        Assert.Equal(Errno.None, batch.Add(
            new CompareAndSwapWorkRequest(pair.Region.Scatter(528, 8), there.Slice(8), 50, 60), 5));
        Assert.Equal(Errno.None, batch.Add(new SendWorkRequest(pair.Region.Gather(0, 8)), 6));
        Assert.Equal(Errno.None, batch.Add(SendWorkRequest.OnlyImmediate(0x0a0b0c0d), 7));
        Assert.Equal(Errno.None, batch.Post(out int posted));
        Assert.Equal(7, posted);
        Assert.Equal(HasBatches ? (1, 0) : (0, 1), (FakeNicCounts.Batches - batches, FakeNicCounts.Lists - lists));
        for (ulong id = 2; id <= 7; id++)
            Assert.True(pair.Take(id).IsSuccess, $"{id}");
        Assert.True(pair.Take(100).IsSuccess);
        Assert.Equal(0x0a0b0c0du, pair.Take(101).Immediate);
        Assert.Equal(new byte[] { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11 }, pair.Bytes.Slice(1088, 8).ToArray());
        Assert.Equal(new byte[] { 0x11, 0x11, 0x11, 0 }, pair.Bytes.Slice(1104, 4).ToArray());
        Assert.Equal(
            (40ul, 40ul, 50ul, 42ul, 60ul, 0x1111111111111111ul),
            (BitConverter.ToUInt64(pair.Bytes[512..]), BitConverter.ToUInt64(pair.Bytes[520..]),
                BitConverter.ToUInt64(pair.Bytes[528..]), BitConverter.ToUInt64(pair.Bytes[1024..]),
                BitConverter.ToUInt64(pair.Bytes[1032..]), BitConverter.ToUInt64(pair.Bytes[3000..])));
    }

    [Fact(Explicit = true)]
    public void A_batch_past_the_queue_s_room_is_posted_up_to_there()
    {
        using var pair = new StockPair(sends: 8);
        PostBatch batch = pair.First.BeginBatch(stackalloc BatchSlot[16]);
        for (ulong id = 0; id < 12; id++)
            Assert.Equal(Errno.None, batch.Add(new WriteWorkRequest(pair.Region.Gather(0, 8), pair.Region.Remote), id));
        Assert.Equal(Errno.ENOMEM, batch.Post(out int posted));
        Assert.Equal(8, posted);
        for (ulong id = 0; id < 8; id++)
            Assert.True(pair.Take(id).IsSuccess);
        Assert.False(pair.Queue.TryPoll(out _));
    }

    [Fact(Explicit = true)]
    public void Datagrams_take_paths_and_shared_receives()
    {
        using var pair = new StockPair();
        using SharedReceiveQueue shared = pair.Domain.CreateSharedReceiveQueue(16);
        shared.SetLimit(2);
        Assert.Equal(2, shared.Query().Limit);
        Assert.Equal(
            VerbsErrorKind.NotSupported, Assert.Throws<VerbsException>(() => shared.Resize(32)).Kind);
        QueuePairBuilder builder = QueuePair.Builder(pair.Domain).WithCompletionQueue(pair.Queue)
            .WithType(QueuePairType.UnreliableDatagram);
        using PreparedQueuePair to = builder.WithSharedReceiveQueue(shared).Build();
        using QueuePair receiver = to.Activate();
        using PreparedQueuePair from = QueuePair.Builder(pair.Domain).WithCompletionQueue(pair.Queue)
            .WithType(QueuePairType.UnreliableDatagram).Build();
        using QueuePair sender = from.Activate();
        using AddressHandle path = pair.Domain.CreateAddressHandle(to.Endpoint);
        Assert.Equal(Errno.None, shared.PostReceive(new ReceiveWorkRequest(pair.Region.Scatter(0, 100)), 1));
        Assert.Equal(Errno.None, shared.PostReceive(new ReceiveWorkRequest(pair.Region.Scatter(100, 100)), 2));
        "datagram"u8.CopyTo(pair.Bytes[2048..]);
        var destination = new DatagramDestination(path, receiver.Number, to.Endpoint.QueueKey);
        PostBatch batch = sender.BeginBatch(stackalloc BatchSlot[4]);
        Assert.Equal(Errno.None, batch.Add(
            new SendWorkRequest(pair.Region.Gather(2048, 8)) { Destination = destination }, 3));
        Assert.Equal(Errno.None, batch.Add(
            new SendWorkRequest(pair.Region.Gather(2048, 4)) { Destination = destination, Immediate = 9 }, 4));
        Assert.Equal(Errno.None, batch.Post());
        Assert.Equal((48u, sender.Number), (pair.Take(1, out WorkCompletion first).ByteLength, first.SourceQueuePairNumber));
        Assert.Equal((44u, (uint?)9), (pair.Take(2, out WorkCompletion second).ByteLength, second.Immediate));
        Assert.True(pair.Bytes.Slice(40, 8).SequenceEqual("datagram"u8));
        Assert.True(pair.Take(3).IsSuccess && pair.Take(4).IsSuccess);
    }

    [Fact(Explicit = true)]
    public async Task Events_wake_awaits_waits_and_channels()
    {
        using var pair = new StockPair();
        ValueTask<WorkCompletion> receive = pair.Second.ReceiveAsync(new ReceiveWorkRequest(pair.Region.Scatter(0, 8)));
        ValueTask ready = pair.Queue.WaitAsync();
        Assert.False(receive.IsCompleted || ready.IsCompleted);
        Assert.Equal(Errno.None, pair.First.PostSend(new SendWorkRequest(pair.Region.Gather(8, 8)), 5));
        Assert.Equal(8u, (await receive.AsTask().WaitAsync(Long)).ByteLength);
        await ready.AsTask().WaitAsync(Long);
        Assert.True(pair.Take(5).IsSuccess);

        using CompletionChannel channel = pair.Context.CreateCompletionChannel();
        using CompletionQueue own = pair.Context.CreateCompletionQueue(16, channel);
        using PreparedQueuePair prepared = QueuePair.Builder(pair.Domain).WithCompletionQueue(own).Build();
        using QueuePair self = prepared.Handshake(prepared.Endpoint);
        Assert.Equal(Errno.None, own.RequestNotification());
        Task<CompletionQueue> next = channel.GetEventAsync().AsTask();
        Assert.False(next.IsCompleted);
        Assert.Equal(
            Errno.None, self.PostWrite(new WriteWorkRequest(pair.Region.Gather(0, 8), pair.Region.Remote), 1));
        Assert.Same(own, await next.WaitAsync(Long));
        Assert.False(pair.Context.TryGetAsyncEvent(out _));
    }

    [Fact(Explicit = true)]
    public void Inline_bytes_are_asked_for_and_read_back()
    {
        using var pair = new StockPair();
        QueuePairBuilder builder = QueuePair.Builder(pair.Domain).WithCompletionQueue(pair.Queue);
        using PreparedQueuePair some = builder.WithInlineBytesUpTo(256).Build();
        Assert.Equal(100, some.Capabilities.MaxInlineBytes);
        Assert.Equal(
            VerbsErrorKind.InvalidInput,
            Assert.Throws<VerbsException>(() => builder.WithInlineBytes(256).Build()).Kind);
    }

    [Fact(Explicit = true)]
    public void Posting_and_polling_allocate_nothing()
    {
        using var pair = new StockPair();
        WorkCompletion[] completions = new WorkCompletion[4];
        AllocationMeter.AssertNone(() =>
        {
            Check(pair.First.PostWrite(new WriteWorkRequest(pair.Region.Gather(0, 8), pair.Region.Remote), 1));
            if (pair.Queue.Poll(completions) != 1)
                throw new InvalidOperationException("There is no completion.");
            PostBatch batch = pair.First.BeginBatch(stackalloc BatchSlot[4]);
            Check(batch.Add(new WriteWorkRequest(pair.Region.Gather(0, 8), pair.Region.Remote), 2));
            Check(batch.Add(new WriteWorkRequest(pair.Region.Gather(0, 8), pair.Region.Remote), 3));
            Check(batch.Post());
            if (pair.Queue.Poll(completions) != 2)
                throw new InvalidOperationException("There are not two completions.");
        });

        static void Check(Errno errno)
        {
            if (errno != Errno.None)
                throw new InvalidOperationException(errno.ToString());
        }
    }
}
