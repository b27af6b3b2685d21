using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Tests.Objects;

public sealed unsafe class DeviceMemoryTests : IDisposable
{
    private readonly SoftContext _nic = TestNic.Open(deviceMemory: 64 << 10);

    public void Dispose() => _nic.Dispose();

    [Fact]
    public void What_is_copied_in_comes_out()
    {
        using var memory = (SoftDeviceMemory)_nic.AllocateDeviceMemory(4096, 12);
        byte[] data = new byte[1024];
        Random.Shared.NextBytes(data);
        byte[] back = new byte[1024];
        fixed (byte* from = data, to = back)
        {
            Assert.Equal(Errno.None, memory.CopyTo(3072, from, 1024));
            Assert.Equal(Errno.None, memory.CopyFrom(3072, to, 1024));
        }

        Assert.Equal(data, back);
    }

    [Theory]
    [InlineData(1u, 4u, Errno.EINVAL)]
    [InlineData(4u, 6u, Errno.EINVAL)]
    [InlineData(4096u, 4u, Errno.EFAULT)]
    [InlineData(4092u, 8u, Errno.EFAULT)]
    [InlineData(uint.MaxValue, uint.MaxValue, Errno.EFAULT)]
    public void A_copy_that_is_unaligned_or_reaches_outside_is_refused(uint offset, uint length, Errno expected)
    {
        using var memory = (SoftDeviceMemory)_nic.AllocateDeviceMemory(4096, 0);
        byte unused = 0;
        Assert.Equal(expected, memory.CopyTo(offset, &unused, length));
        Assert.Equal(expected, memory.CopyFrom(offset, &unused, length));
    }

    [Fact]
    public void The_nic_has_what_it_says_and_gets_it_back()
    {
        ulong all = _nic.QueryDevice().MaxDeviceMemory;
        SoftDeviceMemory first = (SoftDeviceMemory)_nic.AllocateDeviceMemory((nuint)all, 0);
        Assert.Equal(VerbsErrorKind.Resource, Assert.Throws<VerbsException>(() => _nic.AllocateDeviceMemory(4, 0)).Kind);
        first.Dispose();
        _nic.AllocateDeviceMemory((nuint)all, 0).Dispose();
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(6u, 0u)]
    [InlineData(64u, 13u)]
    public void A_size_or_an_alignment_that_cannot_be_is_refused(uint length, uint logAlignment) => Assert.Equal(
        VerbsErrorKind.InvalidInput,
        Assert.Throws<VerbsException>(() => _nic.AllocateDeviceMemory(length, logAlignment)).Kind);

    [Fact]
    public void A_nic_without_memory_says_so()
    {
        using SoftContext without = TestNic.Open(deviceMemory: 0);
        Assert.Equal(
            VerbsErrorKind.NotSupported, Assert.Throws<VerbsException>(() => without.AllocateDeviceMemory(64, 0)).Kind);
    }

    [Fact]
    public void A_region_on_it_is_zero_based_and_keeps_it()
    {
        using var domain = (SoftDomain)_nic.AllocateDomain();
        var memory = (SoftDeviceMemory)_nic.AllocateDeviceMemory(4096, 0);
        const AccessFlags Access = AccessFlags.ZeroBased | AccessFlags.LocalWrite | AccessFlags.RemoteWrite;
        Assert.Throws<VerbsException>(() => domain.RegisterDeviceMemory(memory, 0, 4096, Access & ~AccessFlags.ZeroBased));
        Assert.Throws<VerbsException>(() => domain.RegisterDeviceMemory(memory, 1024, 4096, Access));
        var region = (SoftRegion)domain.RegisterDeviceMemory(memory, 1024, 2048, Access);
        Assert.Equal(1, memory.Regions);
        byte* first = _nic.Engine.Regions.TryRemote(region.RemoteKey.Value, domain, 0, 2048, AccessFlags.RemoteWrite);
        Assert.True(first == (byte*)memory.Memory.Address + 1024);
        Assert.True(_nic.Engine.Regions.TryRemote(region.RemoteKey.Value, domain, 1, 2048, AccessFlags.RemoteWrite) == null);
        memory.Dispose();
        Assert.False(memory.IsClosed);
        region.Dispose();
        Assert.True(memory.IsClosed);
    }
}
