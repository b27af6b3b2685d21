using System.Runtime.CompilerServices;
using Scatterlist.Testing;

namespace Scatterlist.Tests.Memory;

public sealed class BlockTests
{
    [Fact]
    public void The_default_is_the_empty_block_and_an_empty_block_has_no_address()
    {
        Assert.True(default(Block).IsEmpty);
        Assert.Equal(default, new Block(0x1234, 0));
        Assert.Equal(0, new Block(0x1234, 0).Address);
        Assert.Equal("[empty)", default(Block).ToString());
        Assert.Equal(0, default(Block).AsSpan().Length);
    }

    [Fact]
    public void It_is_two_words_as_an_iovec() => Assert.Equal(2 * nuint.Size, Unsafe.SizeOf<Block>());

    [Fact]
    public void A_block_that_wraps_around_the_address_space_is_refused()
    {
        Assert.Equal(nuint.MaxValue - 0x1000, new Block(0x1000, nuint.MaxValue - 0x1000).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Block(0x1000, nuint.MaxValue - 0xfff));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Block(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Block(-8, nuint.MaxValue));
    }

    [Theory]
    [InlineData(0, 0x1000, 16)]
    [InlineData(5, 0x1005, 11)]
    [InlineData(15, 0x100f, 1)]
    [InlineData(16, 0, 0)]
    [InlineData(long.MaxValue, 0, 0)]
    public void DropFirst_leaves_the_rest_or_nothing(long count, nint address, long length) =>
        Assert.Equal(new Block(address, (nuint)length), new Block(0x1000, 16).DropFirst((nuint)count));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(16, 16)]
    [InlineData(17, 16)]
    [InlineData(long.MaxValue, 16)]
    public void TakeFirst_takes_at_most_all(long count, long length) =>
        Assert.Equal(new Block(0x1000, (nuint)length), new Block(0x1000, 16).TakeFirst((nuint)count));

    [Fact]
    public void Slice_refuses_what_lies_outside_even_when_the_end_overflows()
    {
        var block = new Block(0x1000, 16);
        Assert.Equal(new Block(0x1004, 12), block.Slice(4, 12));
        Assert.Equal(default, block.Slice(16, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.Slice(17, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.Slice(4, 13));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.Slice(4, nuint.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.Slice(nuint.MaxValue, 2));
    }

    [Fact]
    public void A_block_past_2_GiB_has_no_span() =>
        Assert.Throws<InvalidOperationException>(() => new Block(0x1000, (nuint)int.MaxValue + 1).AsSpan().Length);

    [Fact]
    public void Equality_is_place_and_length()
    {
        Assert.True(new Block(0x1000, 4) == new Block(0x1000, 4));
        Assert.True(new Block(0x1000, 4) != new Block(0x1000, 5));
        Assert.True(new Block(0x1000, 4) != new Block(0x1001, 4));
        Assert.Equal(new Block(0x1000, 4).GetHashCode(), new Block(0x1000, 4).GetHashCode());
        Assert.False(new Block(0x1000, 4).Equals("[0x1000-0x1004)"));
        Assert.Equal("[0x1000-0x1004)", new Block(0x1000, 4).ToString());
        Assert.Equal("[0xffffffffffff0000-0xffffffffffff0004)", new Block(-0x10000, 4).ToString());
    }

    [Fact]
    public void Copy_moves_the_shorter_length_up_to_the_last_byte_before_a_guard_page()
    {
        using GuardedMemory source = GuardedMemory.NoAccess(1);
        using GuardedMemory destination = GuardedMemory.NoAccess(1);
        new Random(1).NextBytes(source.AsSpan());

        Assert.Equal((nuint)100, Block.Copy(destination.Last(100), source.All));
        Assert.Equal(source.First(100).AsSpan(), destination.Last(100).AsSpan());
        Assert.Equal((nuint)64, Block.Copy(destination.All, source.Last(64)));
        Assert.Equal(source.Last(64).AsSpan(), destination.First(64).AsSpan());
        Assert.Equal((nuint)0, Block.Copy(default, source.All));
    }

    [Fact]
    public void Overlapping_blocks_copy_as_by_memmove()
    {
        using HostBuffer buffer = HostBuffer.Allocate(64);
        using BufferLease lease = buffer.Lease();
        for (byte i = 0; i < 64; i++)
            buffer.AsSpan()[i] = i;
        Block.Copy(lease.Block.Slice(8, 32), lease.Block.Slice(0, 32));
        for (int i = 0; i < 32; i++)
            Assert.Equal(i, buffer.AsSpan()[8 + i]);
    }

    [Fact]
    public void Zero_clears_exactly_the_block()
    {
        using GuardedMemory memory = GuardedMemory.NoAccess(1);
        memory.AsSpan().Fill(0xff);
        memory.Last(33).Zero();
        Assert.Equal(-1, memory.Last(33).AsSpan().IndexOfAnyExcept((byte)0));
        Assert.Equal(-1, memory.First(memory.Length - 33).AsSpan().IndexOfAnyExcept((byte)0xff));
        default(Block).Zero();
    }
}
