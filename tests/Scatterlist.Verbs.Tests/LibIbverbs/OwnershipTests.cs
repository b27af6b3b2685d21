using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.Tests.LibIbverbs;

/// <summary>What libibverbs made belongs to an object of ours, or is destroyed; its errors are its own.</summary>
[Collection(nameof(FakeLibrary))]
public sealed class OwnershipTests
{
    [Theory]
    [InlineData("reg_mr", "dereg_mr")]
    [InlineData("reg_dm", "dereg_mr")]
    [InlineData("create_qp", "destroy_qp")]
    [InlineData("create_cq", "destroy_cq")]
    [InlineData("create_channel", "destroy_comp_channel")]
    [InlineData("create_ah", "destroy_ah")]
    [InlineData("alloc_pd", "dealloc_pd")]
    [InlineData("alloc_dm", "free_dm")]
    public void What_finds_no_owner_is_destroyed_before_its_parent(string verb, string destroy)
    {
        var context = new Context(FakeLibrary.Open(), "fake0", VerbsProviders.LibIbverbs);
        ProtectionDomain domain = context.AllocateDomain();
        using FileDescriptor events = HostFd.EventDescriptor.Create();
        FakeLibrary.EventFd = events.Value;
        CompletionChannel channel = context.CreateCompletionChannel();
        CompletionQueue queue = context.CreateCompletionQueue(4, channel);
        DeviceMemory memory = context.AllocateDeviceMemory(64);
        using HostBuffer buffer = HostBuffer.Allocate(64);
        int before = FakeLibrary.Calls.Count;
        FakeLibrary.During = () =>
        {
            FakeLibrary.During = null;
            domain.Dispose();
            channel.Dispose();
            context.Dispose();
        };
        Assert.Throws<ObjectDisposedException>(() => Make());
        memory.Dispose();
        queue.Dispose();
        channel.Dispose();
        List<string> calls = FakeLibrary.Calls[before..];
        Assert.Contains(destroy, calls);
        Assert.Equal("close", calls[^1]);
        Assert.Equal(calls.Count(call => call == "dealloc_pd"), destroy == "dealloc_pd" ? 2 : 1);
        if (destroy != "dealloc_pd" && verb is "reg_mr" or "reg_dm" or "create_qp" or "create_ah")
            Assert.True(calls.IndexOf(destroy) < calls.IndexOf("dealloc_pd"), string.Join(", ", calls));

        IDisposable Make() => verb switch
        {
            "reg_mr" => domain.Register(buffer),
            "reg_dm" => domain.Register(memory, AccessFlags.LocalWrite),
            "create_qp" => QueuePair.Builder(domain).WithCompletionQueue(queue).Build(),
            "create_cq" => context.CreateCompletionQueue(4, channel),
            "create_channel" => context.CreateCompletionChannel(),
            "create_ah" => domain.CreateAddressHandle(new AddressHandleAttributes(Gid.Parse("10.0.0.2"))),
            "alloc_pd" => context.AllocateDomain(),
            _ => context.AllocateDeviceMemory(64),
        };
    }

    [Fact]
    public void An_errno_of_another_call_is_not_taken_for_this_one_s()
    {
        using var context = new Context(FakeLibrary.Open(), "fake0", VerbsProviders.LibIbverbs);
        using ProtectionDomain domain = context.AllocateDomain();
        using HostBuffer buffer = HostBuffer.Allocate(64);
        Assert.Equal(
            Errno.ENOMEM, Assert.Throws<VerbsException>(() => domain.Register(buffer, 0, 13, default)).Errno);
        Marshal.SetLastSystemError((int)Errno.ENOMEM);
        VerbsException silent = Assert.Throws<VerbsException>(() => domain.Register(buffer, 0, 17, default));
        Assert.Equal(Errno.EIO, silent.Errno);
    }

    [Theory]
    [InlineData(Errno.EOPNOTSUPP)]
    [InlineData(Errno.ENOSYS)]
    public void A_kernel_without_the_extended_query_is_asked_the_plain_one(Errno answer)
    {
        LibIbverbsContextOf(answer, out Providers.LibIbverbs.LibIbverbsContext provider);
        using var context = new Context(provider, "fake0", VerbsProviders.LibIbverbs);
        Assert.Equal(["query_device_ex 400", "query_device"], FakeLibrary.Calls);
        Assert.Equal(("1.2.3", 0ul), (context.Attributes.FirmwareVersion, context.Attributes.MaxDeviceMemory));
    }

    [Fact]
    public void Another_refusal_of_the_extended_query_is_one()
    {
        LibIbverbsContextOf(Errno.EIO, out Providers.LibIbverbs.LibIbverbsContext provider);
        using (provider)
        {
            Assert.Equal(
                Errno.EIO,
                Assert.Throws<VerbsException>(
                    () => new Context(provider, "fake0", VerbsProviders.LibIbverbs)).Errno);
        }
    }

    private static void LibIbverbsContextOf(Errno answer, out Providers.LibIbverbs.LibIbverbsContext provider)
    {
        provider = FakeLibrary.Open();
        FakeLibrary.DeviceExResult = (int)answer;
    }
}
