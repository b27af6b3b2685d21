using Scatterlist.Verbs.Tests.Fakes;

namespace Scatterlist.Verbs.Tests.Devices;

/// <summary>What a context tells and makes.</summary>
public sealed class ContextTests
{
    [Fact]
    public void Attributes_ports_and_gids_are_the_device_s()
    {
        using var pair = new Pair();
        Assert.Equal(1000, pair.Context.Attributes.MaxWorkRequests);
        Assert.Equal(Mtu.Bytes1024, pair.Context.QueryPort().ActiveMtu);
        Assert.Equal(4, pair.Context.GetGids().Count);
        Assert.Equal(0xffff, pair.Context.QueryPartitionKey());
        VerbsException refused = Assert.Throws<VerbsException>(() => pair.Context.QueryPort(2));
        Assert.Contains("port 2", refused.Message, StringComparison.Ordinal);
        pair.Context.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pair.Context.QueryPort());
        Assert.Throws<ObjectDisposedException>(() => pair.Context.GetGids());
        Assert.Throws<ObjectDisposedException>(() => pair.Context.AllocateDomain());
        Assert.Equal(1000, pair.Context.Attributes.MaxWorkRequests);
    }

    [Fact]
    public void The_default_gid_is_a_routable_one_of_roce_v2()
    {
        using var pair = new Pair();
        Assert.Equal(3, pair.Context.GetDefaultGid().Index);
        pair.Fake.Gids.RemoveAll(gid => gid.Gid.IsIPv4);
        Assert.Equal(1, pair.Context.GetDefaultGid().Index); // link-local, but RoCE v2
        pair.Fake.Gids.Add(new GidEntry(Gid.Parse("fd00::7"), 5, 1, GidType.RoceV2));
        Assert.Equal(5, pair.Context.GetDefaultGid().Index);
        pair.Fake.Gids.Add(new GidEntry(Gid.Parse("fd00::8"), 6, 1, GidType.RoceV2));
        Assert.Equal(5, pair.Context.GetDefaultGid().Index); // the first of its kind
        pair.Fake.Gids.Clear();
        VerbsException refused = Assert.Throws<VerbsException>(() => pair.Context.GetDefaultGid());
        Assert.Equal(VerbsErrorKind.NotFound, refused.Kind);
    }

    [Fact]
    public async Task Asynchronous_events_name_their_object()
    {
        using var pair = new Pair();
        Assert.False(pair.Context.TryGetAsyncEvent(out _));
        ValueTask<AsyncEvent> wait = pair.Context.GetAsyncEventAsync();
        Assert.False(wait.IsCompleted);
        pair.Fake.Raise(AsyncEventType.QueuePairFatal, pair.FakeQueuePair, 0);
        pair.Fake.Raise(AsyncEventType.CompletionQueueError, pair.FakeQueue, 0);
        pair.Fake.Raise(AsyncEventType.PortError, null, 1);
        Assert.Equal(new AsyncEvent(AsyncEventType.QueuePairFatal, 0, pair.QueuePair), await wait);
        Assert.Same(pair.Queue, (await pair.Context.GetAsyncEventAsync()).Element);
        Assert.True(pair.Context.TryGetAsyncEvent(out AsyncEvent port));
        Assert.Equal(new AsyncEvent(AsyncEventType.PortError, 1, null), port);
        Assert.True(pair.Context.AsyncEventDescriptor >= 0);
        using var cancel = new CancellationTokenSource(5);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await pair.Context.GetAsyncEventAsync(cancel.Token));
    }

    [Fact]
    public void Device_memory_is_copied_to_and_from_within_its_length()
    {
        using var pair = new Pair();
        using DeviceMemory memory = pair.Context.AllocateDeviceMemory(64);
        Assert.Equal((nuint)64, memory.Length);
        "twelve bytes"u8.CopyTo(pair.Buffer.AsSpan(8, 12));
        Assert.Equal(Errno.None, memory.CopyTo(4, "four"u8));
        Assert.Equal(Errno.None, memory.CopyTo(16, pair.Buffer, 8, 12));
        byte[] read = new byte[12];
        Assert.Equal(Errno.None, memory.CopyFrom(16, read));
        Assert.Equal("twelve bytes"u8.ToArray(), read);
        Assert.Equal(Errno.None, memory.CopyFrom(4, pair.Buffer, 100, 4));
        Assert.Equal("four"u8.ToArray(), pair.Buffer.AsSpan(100, 4).ToArray());
        Assert.Equal(Errno.EINVAL, memory.CopyTo(0, "odd"u8)); // the device's rule
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.CopyTo(64, "four"u8));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.CopyFrom(nuint.MaxValue, new byte[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.CopyTo(0, pair.Buffer, 4090, 12));
        memory.Free();
        Assert.Throws<ObjectDisposedException>(() => memory.CopyTo(0, "four"u8));
    }

    [Fact]
    public void Device_memory_is_busy_while_it_is_registered()
    {
        using var pair = new Pair();
        using DeviceMemory memory = pair.Context.AllocateDeviceMemory(64);
        MemoryRegion region = pair.Domain.Register(
            memory, 16, 32, AccessFlags.LocalWrite | AccessFlags.RemoteRead);
        Assert.Equal(0ul, region.Address);
        Assert.True((region.Access & AccessFlags.ZeroBased) != 0);
        Assert.Equal(new RemoteMemoryRegion(default, 32, region.RemoteKey), region.Remote);
        VerbsException busy = Assert.Throws<VerbsException>(memory.Free);
        Assert.Equal(VerbsErrorKind.Busy, busy.Kind);
        Assert.False(memory.IsDisposed);
        memory.Dispose();
        Assert.DoesNotContain("device memory", pair.Fake.Released);
        region.Dispose();
        Assert.Contains("device memory", pair.Fake.Released);
        Assert.Throws<ObjectDisposedException>(() => pair.Domain.Register(memory, AccessFlags.None));
        memory.Free();
    }

    [Fact]
    public void A_device_without_memory_of_its_own_says_so()
    {
        var fake = new FakeContext();
        fake.Attributes = fake.Attributes with { MaxDeviceMemory = 0 };
        using var context = new Context(fake, "fake0", "fake");
        VerbsException refused = Assert.Throws<VerbsException>(() => context.AllocateDeviceMemory(64));
        Assert.Equal(VerbsErrorKind.NotSupported, refused.Kind);
        Assert.Contains("fake0", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Registrations_are_checked_before_the_device_sees_them()
    {
        using var pair = new Pair();
        AssertInvalid(() => pair.Domain.Register(pair.Buffer, 0, 0, AccessFlags.None), "1 byte");
        AssertInvalid(() => pair.Domain.Register(pair.Buffer, AccessFlags.RemoteWrite), "LocalWrite");
        AssertInvalid(() => pair.Domain.Register(pair.Buffer, AccessFlags.RemoteAtomic), "LocalWrite");
        AssertInvalid(() => pair.Domain.Register(pair.Buffer, 0, 8, AccessFlags.ZeroBased, 5), "0x5");
        AssertInvalid(() => pair.Domain.Register(pair.Buffer, 0, 8, AccessFlags.None, ulong.MaxValue), "wrap");
        AssertInvalid(() => pair.Domain.RegisterUnsafe(4096, (nuint)1 << 41, AccessFlags.None), "at most");
        using FileDescriptor descriptor = HostFd.EventDescriptor.Create();
        AssertInvalid(() => pair.Domain.RegisterDmaBuf(descriptor, 1, 8, AccessFlags.None, 2), "pages");
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Domain.Register(pair.Buffer, 4096, 1, AccessFlags.None));
        using DeviceMemory memory = pair.Context.AllocateDeviceMemory(64);
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.Domain.Register(memory, 60, 8, AccessFlags.None));
        Assert.Single(((FakeDomain)pair.Domain.Provider).Registered);
    }

    [Fact]
    public void A_region_may_have_another_address_for_peers()
    {
        using var pair = new Pair();
        using MemoryRegion region = pair.Domain.Register(pair.Buffer, 100, 50, AccessFlags.LocalWrite, 0x10000);
        Assert.Equal(0x10000ul, region.Address);
        Assert.Equal(0x10000ul, region.Remote.Address.Value);
        Assert.True(region.Encloses(new Block(pair.Buffer.Address + 100, 50)));
        Assert.False(region.Encloses(new Block(pair.Buffer.Address + 99, 2)));
        Assert.False(region.Encloses(new Block(pair.Buffer.Address + 100, 51)));
        Assert.True(region.Encloses(0, 50));
        Assert.False(region.Encloses(1, 50));
        pair.QueuePair.PostSend(new SendWorkRequest(region.Gather(2, 3)), 1);
        Assert.Equal(0x10002ul, pair.FakeQueuePair.Sent[0].Elements[0].Address);
        Assert.DoesNotContain(region.RemoteKey.Value.ToString(), region.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_shareable_buffer_tells_the_device_where_it_lies_in_its_file()
    {
        using var pair = new Pair();
        using HostBuffer buffer = HostBuffer.Allocate(8192, new HostBufferOptions { IsShareable = true });
        using MemoryRegion region = pair.Domain.Register(buffer, 4096, 100, AccessFlags.LocalWrite);
        Assert.Equal(4096ul, ((FakeDomain)pair.Domain.Provider).Registered[^1].SharedOffset);
    }

    private static void AssertInvalid(Action action, string text)
    {
        VerbsException refused = Assert.Throws<VerbsException>(action);
        Assert.Equal(VerbsErrorKind.InvalidInput, refused.Kind);
        Assert.Contains(text, refused.Message, StringComparison.Ordinal);
    }
}
