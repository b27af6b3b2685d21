using System.Buffers;

namespace Scatterlist.Tests.Memory;

public sealed class HostBufferTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(1_000_003)]
    public void Memory_is_page_aligned_zeroed_and_as_long_as_asked(int length)
    {
        using HostBuffer buffer = HostBuffer.Allocate((nuint)length);
        Assert.Equal((nuint)length, buffer.Length);
        Assert.Equal((nuint)Environment.SystemPageSize, buffer.PageSize);
        Assert.Equal(HostBuffer.BasePageSize, buffer.PageSize);
        Assert.Equal((nuint)0, (nuint)buffer.Address % buffer.PageSize);
        Assert.Equal((nuint)0, buffer.AllocatedLength % buffer.PageSize);
        Assert.InRange(buffer.AllocatedLength, buffer.Length, buffer.Length + buffer.PageSize - 1);
        Assert.Equal(length, buffer.AsSpan().Length);
        Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0));
        Assert.Null(buffer.Descriptor);
    }

    [Fact]
    public void Lengths_that_no_address_space_holds_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => HostBuffer.Allocate(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => HostBuffer.Allocate(nuint.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => HostBuffer.Allocate(nuint.MaxValue / 2));
        var e = Assert.Throws<ScatterlistException>(() => HostBuffer.Allocate((nuint)1 << 60));
        Assert.Equal(Errno.ENOMEM, e.Errno);
        Assert.Contains("1152921504606846976", e.Message, StringComparison.Ordinal);
        Assert.Equal(Remedies.Memory, e.Remedy);
    }

    [Fact]
    public void Options_that_do_not_exist_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => HostBuffer.Allocate(1, new() { PageSize = (PageSize)64 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => HostBuffer.Allocate(1, new() { Fallback = (PageFallback)9 }));
    }

    [Fact]
    public void Span_memory_and_lease_are_the_same_bytes()
    {
        using HostBuffer buffer = HostBuffer.Allocate(10_000);
        using BufferLease lease = buffer.Lease(100, 50);
        using BufferLease whole = buffer.Lease();
        buffer.AsSpan(100, 50).Fill(7);
        Assert.Equal(new byte[] { 0, 7, 7 }, buffer.Memory.Span.Slice(99, 3).ToArray());
        Assert.Equal(new byte[] { 7, 0 }, buffer.GetMemory(149, 2).ToArray());
        Assert.Equal(-1, lease.Block.AsSpan().IndexOfAnyExcept((byte)7));
        Assert.Equal(buffer.Address + 100, lease.Block.Address);
        Assert.Equal(50ul, lease.Sequence.Length);
        Assert.Equal(new Block(buffer.Address, 10_000), whole.Block);
        Assert.Equal(buffer.Memory, buffer.Memory);

        buffer.Zero();
        Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Parts_outside_of_the_buffer_are_refused()
    {
        using HostBuffer buffer = HostBuffer.Allocate(100);
        Assert.Equal(0, buffer.AsSpan(100, 0).Length);
        Assert.Equal(0, buffer.GetMemory(100, 0).Length);
        using (BufferLease nothing = buffer.Lease(100, 0))
            Assert.True(nothing.Block.IsEmpty);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.AsSpan(101, 0).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.AsSpan(0, 101).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.AsSpan(99, 2).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.AsSpan(0, -1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.AsSpan(nuint.MaxValue, 2).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.GetMemory(99, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Lease(99, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Lease(2, nuint.MaxValue));
    }

    [Fact]
    public unsafe void Pinned_memory_is_where_the_buffer_is()
    {
        using HostBuffer buffer = HostBuffer.Allocate(100);
        using (MemoryHandle pin = buffer.GetMemory(10, 20)[5..].Pin())
            Assert.Equal(buffer.Address + 15, (nint)pin.Pointer);
        using (MemoryHandle pin = buffer.Memory[100..].Pin())
            Assert.Equal(buffer.Address + 100, (nint)pin.Pointer);
    }

    [Fact]
    public void It_serves_as_a_memory_owner()
    {
        static void Fill(IMemoryOwner<byte> owner)
        {
            owner.Memory.Span.Fill(1);
            Assert.Equal(64, owner.Memory.Length);
            owner.Dispose();
            Assert.Throws<ObjectDisposedException>(() => owner.Memory);
        }

        Fill(HostBuffer.Allocate(64));
    }

    [Fact]
    public void Holding_pages_on_a_hot_path_allocates_nothing()
    {
        using HostBuffer buffer = HostBuffer.Allocate(4096);
        int sum = 0;
        Testing.AllocationMeter.AssertNone(() =>
        {
            bool held = false;
            buffer.Handle.DangerousAddRef(ref held);
            sum += buffer.AsSpan(0, 10)[3] + buffer.Memory.Span[5];
            buffer.Zero();
            buffer.Handle.DangerousRelease();
        });
        Assert.Equal(0, sum);
    }
}
