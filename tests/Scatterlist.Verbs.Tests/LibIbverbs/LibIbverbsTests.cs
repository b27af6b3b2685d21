using Scatterlist.Verbs.Interop;
using Scatterlist.Verbs.Providers.LibIbverbs;

namespace Scatterlist.Verbs.Tests.LibIbverbs;

/// <summary>The provider over a <c>verbs_context</c> of ours: places, widths, order of arguments, slots that lack.</summary>
[Collection(nameof(FakeLibrary))]
public sealed class LibIbverbsTests
{
    [Fact]
    public void Attributes_come_from_the_extended_functions_where_there_are_some()
    {
        using Context context = Open(FakeLibrary.Open());
        Assert.Equal("1.2.3", context.Attributes.FirmwareVersion);
        Assert.Equal(0x0102030405060708ul, context.Attributes.NodeGuid);
        Assert.Equal((1000, 8, 128ul),
            (context.Attributes.MaxWorkRequests, context.Attributes.MaxElements, context.Attributes.MaxDeviceMemory));
        Assert.Equal(Mtu.Bytes1024, context.QueryPort().ActiveMtu);
        GidEntry gid = context.GetDefaultGid();
        Assert.Equal((3, GidType.RoceV2, "10.0.0.1"), (gid.Index, gid.Type, gid.Gid.ToAddress().ToString()));
        Assert.Equal(["query_device_ex 400", "query_port 1 52"], FakeLibrary.Calls);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 8)] // a table that ends behind its own size
    public void A_context_without_the_table_or_with_a_short_one_does_without(bool hasTable, int tableSize)
    {
        using Context context = Open(FakeLibrary.Open(tableSize, hasTable));
        Assert.Equal("1.2.3", context.Attributes.FirmwareVersion);
        Assert.Equal(Mtu.Bytes512, context.QueryPort().ActiveMtu);
        Assert.Equal(["query_device"], FakeLibrary.Calls);
        VerbsException refused = Assert.Throws<VerbsException>(() => context.AllocateDeviceMemory(64));
        Assert.Equal(VerbsErrorKind.NotSupported, refused.Kind);
    }

    [Fact]
    public void A_slot_is_used_only_when_the_table_reaches_it()
    {
        // Up to query_device_ex, and not to alloc_dm.
        using Context context = Open(FakeLibrary.Open(IbvContext.Size - IbvContext.QueryDeviceEx));
        Assert.Equal(["query_device_ex 400"], FakeLibrary.Calls);
        Assert.Equal(0ul, context.Attributes.MaxDeviceMemory);
        Assert.Equal(Mtu.Bytes512, context.QueryPort().ActiveMtu);
    }

    [Fact]
    public void A_driver_that_left_device_memory_out_is_not_asked_for_it()
    {
        using Context context = Open(FakeLibrary.Open(hasMemory: false));
        Assert.Equal(0ul, context.Attributes.MaxDeviceMemory);
        Assert.Throws<VerbsException>(() => context.AllocateDeviceMemory(64));
    }

    [Fact]
    public void Device_memory_goes_through_its_functions_with_their_arguments()
    {
        using (Context context = Open(FakeLibrary.Open()))
        {
            using ProtectionDomain domain = context.AllocateDomain();
            DeviceMemory memory = context.AllocateDeviceMemory(64, 3);
            Assert.Equal(Errno.None, memory.CopyTo(8, "memory! "u8));
            Assert.Equal("memory! "u8.ToArray(), FakeLibrary.DeviceBytes.AsSpan(8, 8).ToArray());
            byte[] read = new byte[4];
            Assert.Equal(Errno.None, memory.CopyFrom(10, read));
            Assert.Equal("mory"u8.ToArray(), read);
            Assert.Equal(Errno.EINVAL, memory.CopyTo(0, "odd"u8));
            MemoryRegion region = domain.Register(memory, 16, 32, AccessFlags.LocalWrite);
            Assert.Throws<VerbsException>(memory.Free);
            memory.Dispose();
            Assert.DoesNotContain("free_dm", FakeLibrary.Calls);
            region.Dispose();
            VerbsException full = Assert.Throws<VerbsException>(() => context.AllocateDeviceMemory(129));
            Assert.Equal((Errno.ENOMEM, VerbsErrorKind.Resource), (full.Errno, full.Kind));
        }

        Assert.Equal(
            [
                "query_device_ex 400", "alloc_dm 64 3 0", "reg_dm_mr 16 32 33", "dereg_mr", "free_dm",
                "alloc_dm 129 0 0", "dealloc_pd", "close",
            ],
            FakeLibrary.Calls);
    }

    [Fact]
    public void Regions_are_registered_with_their_address_and_refusals_have_the_remedy()
    {
        using Context context = Open(FakeLibrary.Open());
        using ProtectionDomain domain = context.AllocateDomain();
        using HostBuffer buffer = HostBuffer.Allocate(4096);
        using MemoryRegion own = domain.Register(
            buffer, AccessFlags.LocalWrite | AccessFlags.RemoteRead | AccessFlags.RelaxedOrdering);
        using MemoryRegion zero = domain.Register(buffer, AccessFlags.ZeroBased);
        Assert.NotEqual(own.LocalKey, zero.LocalKey);
        Assert.Equal(own.LocalKey.Value + 0x100, own.RemoteKey.Value);
        Assert.Equal(
            ["reg_mr 4096 iova own access 1048581", "reg_mr 4096 iova 0 access 0"], FakeLibrary.Calls.Skip(1));
        VerbsException refused = Assert.Throws<VerbsException>(
            () => domain.Register(buffer, 0, 13, AccessFlags.None));
        Assert.Equal(Errno.ENOMEM, refused.Errno);
        Assert.Contains("memlock", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Work_is_posted_and_polled_through_the_context_s_own_table()
    {
        using Context context = Open(FakeLibrary.Open());
        using ProtectionDomain domain = context.AllocateDomain();
        using FileDescriptor events = HostFd.EventDescriptor.Create();
        FakeLibrary.EventFd = events.Value;
        using CompletionChannel channel = context.CreateCompletionChannel();
        using CompletionQueue queue = context.CreateCompletionQueue(10, channel);
        Assert.Equal(11, queue.Capacity);
        using HostBuffer buffer = HostBuffer.Allocate(4096);
        using MemoryRegion region = domain.Register(buffer);
        using PreparedQueuePair prepared = QueuePair.Builder(domain).WithCompletionQueue(queue).Build();
        Assert.Equal(0x1234u, prepared.Number);
        Assert.Equal(64, prepared.Capabilities.MaxSendWorkRequests);
        QueuePair queuePair = prepared.Handshake(prepared.Endpoint);
        QueuePairAttributes attributes = queuePair.Query();
        Assert.Equal((QueuePairState.ReadyToSend, (byte)14, (byte)6),
            (attributes.State, attributes.Timeout, attributes.RetryCount));

        PostBatch batch = queuePair.BeginBatch(stackalloc BatchSlot[4]);
        for (ulong id = 0; id < 3; id++)
            Assert.Equal(Errno.None, batch.Add(new SendWorkRequest(region.Gather((nuint)id, 1)), id));
        FakeLibrary.RefuseSendAt = 2;
        Assert.Equal(Errno.ENOMEM, batch.Post(out int posted));
        Assert.Equal(2, posted);
        Assert.Equal(
            [(0ul, 2, region.Address), (1ul, 2, region.Address + 1)], FakeLibrary.Sent);

        FakeLibrary.Completions.Enqueue(
            new WorkCompletion(1, CompletionStatus.RemoteAccessError, CompletionOpcode.Send, 0x1234, vendorError: 9));
        WorkCompletion[] completions = new WorkCompletion[4];
        Assert.Equal(1, queue.Poll(completions));
        Assert.Equal((1ul, CompletionStatus.RemoteAccessError, 9u),
            (completions[0].Id, completions[0].Status, completions[0].VendorError));
        Assert.Equal(0, queue.Poll(completions));

        Assert.Equal(Errno.None, queue.RequestNotification(solicitedOnly: true));
        Assert.Null(channel.TryGetEvent());
        FakeLibrary.CqEvents.Enqueue(((IbvCompletionQueue)queue.Provider).Native);
        Assert.Same(queue, channel.TryGetEvent());
        Assert.Equal(["req_notify 1", "ack 1"], FakeLibrary.Calls.TakeLast(2));
    }

    [Fact]
    public void Without_the_library_the_package_to_install_is_named()
    {
        using var tree = new TempDirectory();
        Directory.CreateDirectory(Path.Combine(tree.Path, "class/infiniband_verbs"));
        Environment.SetEnvironmentVariable("SYSFS_PATH", tree.Path);
        try
        {
            VerbsException refused = Assert.Throws<VerbsException>(
                new LibIbverbsProvider(static () => null).GetDevices);
            Assert.Equal(VerbsErrorKind.NotSupported, refused.Kind);
            Assert.Contains("apt install", refused.Remedy, StringComparison.Ordinal);
            Environment.SetEnvironmentVariable("SYSFS_PATH", Path.Combine(tree.Path, "nothing"));
            Assert.Empty(new LibIbverbsProvider(static () => null).GetDevices());
        }
        finally
        {
            Environment.SetEnvironmentVariable("SYSFS_PATH", null);
        }
    }

    [Fact]
    public void The_installed_library_has_every_function()
    {
        IbvLibrary? library = IbvLibrary.Installed;
        Assert.SkipWhen(library is null, "libibverbs.so.1 is not installed");
        Assert.NotNull(library);
    }

    [Fact]
    public async Task What_a_driver_left_empty_is_not_supported()
    {
        using Context context = Open(FakeLibrary.Open());
        FakeLibrary.EmptyOperations();
        using ProtectionDomain domain = context.AllocateDomain();
        using FileDescriptor events = HostFd.EventDescriptor.Create();
        FakeLibrary.EventFd = events.Value;
        using CompletionChannel channel = context.CreateCompletionChannel();
        using CompletionQueue queue = context.CreateCompletionQueue(4, channel);
        using CompletionQueue awaited = context.CreateCompletionQueue(4);
        using SharedReceiveQueue shared = domain.CreateSharedReceiveQueue(4);
        using PreparedQueuePair prepared = QueuePair.Builder(domain).WithCompletionQueue(queue).Build();
        using QueuePair queuePair = prepared.Handshake(prepared.Endpoint);
        using DeviceMemory memory = context.AllocateDeviceMemory(64);
        FakeLibrary.EmptyCopies(memory);
        Assert.Equal(-(int)Errno.EOPNOTSUPP, queue.Poll(new WorkCompletion[1]));
        Assert.Equal(
            Enumerable.Repeat(Errno.EOPNOTSUPP, 6),
            [
                queue.RequestNotification(), queuePair.PostSend(new SendWorkRequest(), 1),
                queuePair.PostReceive(new ReceiveWorkRequest(), 1), shared.PostReceive(new ReceiveWorkRequest(), 1),
                memory.CopyTo(0, new byte[4]), memory.CopyFrom(0, new byte[4]),
            ]);
        VerbsException refused = await Assert.ThrowsAsync<VerbsException>(
            async () => await awaited.WaitAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(VerbsErrorKind.NotSupported, refused.Kind);
    }

    [Fact]
    public void An_old_library_does_what_it_can()
    {
        using var tree = new TempDirectory();
        string types = Path.Combine(tree.Path, "class/infiniband/fake0/ports/1/gid_attrs/types");
        Directory.CreateDirectory(types);
        File.WriteAllText(Path.Combine(types, "5"), "RoCE v2\n");
        Environment.SetEnvironmentVariable("SYSFS_PATH", tree.Path);
        try
        {
            using Context context = Open(FakeLibrary.Open(hasTable: false, isOld: true));
            GidEntry gid = Assert.Single(context.GetGids());
            Assert.Equal((5, GidType.RoceV2, "10.0.0.5"), (gid.Index, gid.Type, gid.Gid.ToAddress().ToString()));
            using ProtectionDomain domain = context.AllocateDomain();
            using HostBuffer buffer = HostBuffer.Allocate(4096);
            FakeLibrary.Calls.Clear();
            using (domain.Register(buffer, AccessFlags.LocalWrite | AccessFlags.RelaxedOrdering))
                Assert.Equal(["reg_mr 4096 access 1"], FakeLibrary.Calls); // without the right that it does not know
            using FileDescriptor descriptor = HostFd.EventDescriptor.Create();
            VerbsException[] refused =
            [
                Assert.Throws<VerbsException>(() => domain.Register(buffer, AccessFlags.ZeroBased)),
                Assert.Throws<VerbsException>(() => domain.RegisterDmaBuf(descriptor, 0, 64, AccessFlags.None)),
                Assert.Throws<VerbsException>(() => context.AllocateDeviceMemory(64)),
            ];
            Assert.All(refused, exception => Assert.Equal(VerbsErrorKind.NotSupported, exception.Kind));
        }
        finally
        {
            Environment.SetEnvironmentVariable("SYSFS_PATH", null);
        }
    }

    [Fact]
    public void A_dma_buf_is_registered_by_its_descriptor()
    {
        using Context context = Open(FakeLibrary.Open());
        using ProtectionDomain domain = context.AllocateDomain();
        FileDescriptor descriptor = HostFd.EventDescriptor.Create();
        int number = descriptor.Value;
        MemoryRegion region = domain.RegisterDmaBuf(
            descriptor, 0x2010, 64, AccessFlags.LocalWrite | AccessFlags.RemoteRead, 0x7010);
        descriptor.Dispose();
        Assert.False(descriptor.IsClosed); // the region keeps it
        Assert.Equal($"reg_dmabuf_mr {0x2010} 64 {0x7010} {number} 5", FakeLibrary.Calls[^1]);
        Assert.Equal(0x7010ul, region.Address);
        region.Dispose();
        Assert.True(descriptor.IsClosed);
        VerbsException refused = Assert.Throws<VerbsException>(
            () => domain.RegisterDmaBuf(HostFd.EventDescriptor.Create(), 0x2010, 64, AccessFlags.None, 0x7020));
        Assert.Equal(VerbsErrorKind.InvalidInput, refused.Kind);
    }

    private static Context Open(LibIbverbsContext provider) => new(provider, "fake0", VerbsProviders.LibIbverbs);
}
