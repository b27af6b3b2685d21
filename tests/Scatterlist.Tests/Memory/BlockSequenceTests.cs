using Scatterlist.Testing;

namespace Scatterlist.Tests.Memory;

public sealed class BlockSequenceTests
{
    public static TheoryData<string> Shapes =>
        ["empty", "one piece", "two pieces", "empty blocks", "offset 2", "limit 5", "offset 3, limit 5"];

    [Fact]
    public void Of_an_empty_block()
    {
        var sequence = new BlockSequence(new Block(0x1000, 0));
        Assert.True(sequence.IsEmpty);
        Assert.False(sequence.IsSingleBlock);
        Assert.Equal(0, sequence.BlockCount);
        Assert.Equal(0ul, sequence.Length);
        Assert.Throws<InvalidOperationException>(() => new BlockSequence(default(Block)).Head);
        Assert.Throws<InvalidOperationException>(() => { _ = new BlockSequence(default(Block)).Tail; });
        Assert.Throws<InvalidOperationException>(() => default(BlockSequence).Head);
    }

    [Fact]
    public void Of_a_nonempty_block()
    {
        var block = new Block(0x1000, 7);
        var sequence = new BlockSequence(block);
        Assert.Equal(block, sequence.Head);
        Assert.True(sequence.IsSingleBlock);
        Assert.True(sequence.Tail.IsEmpty);
        Assert.Equal(1, sequence.BlockCount);
        Assert.False(sequence.TryGetWhole(out _));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Length_counts_the_bytes_in_the_window(string shape)
    {
        using SequenceFixture fixture = SequenceFixture.Named(shape);
        Assert.Equal((ulong)fixture.Expected.Length, fixture.Sequence.Length);
        Assert.Equal(fixture.Expected.Length == 0, fixture.Sequence.IsEmpty);
        Assert.Equal(fixture.ExpectedBlocks.Length, fixture.Sequence.BlockCount);
        Assert.Equal(fixture.ExpectedBlocks.Length == 1, fixture.Sequence.IsSingleBlock);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Head_and_tail_walk_the_blocks(string shape)
    {
        using SequenceFixture fixture = SequenceFixture.Named(shape);
        BlockSequence rest = fixture.Sequence;
        var seen = new List<byte>();
        int count = 0;
        while (!rest.IsEmpty)
        {
            Assert.Equal(fixture.ExpectedBlocks[count++], rest.Head);
            seen.AddRange(rest.Head.AsSpan());
            rest = rest.Tail;
            Assert.Equal((ulong)(fixture.Expected.Length - seen.Count), rest.Length);
            Assert.Equal(fixture.ExpectedBlocks.Length - count, rest.BlockCount);
        }

        Assert.Equal(fixture.Expected, seen);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Dropping_one_byte_at_a_time_walks_the_bytes(string shape)
    {
        using SequenceFixture fixture = SequenceFixture.Named(shape);
        BlockSequence rest = fixture.Sequence;
        for (int i = 0; i < fixture.Expected.Length; i++)
        {
            Assert.Equal(fixture.Expected[i], rest.Head.AsSpan()[0]);
            rest = rest.DropFirst(1);
            Assert.Equal((ulong)(fixture.Expected.Length - i - 1), rest.Length);
        }

        Assert.True(rest.IsEmpty);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Dropping_beyond_the_limit_leaves_nothing(string shape)
    {
        using SequenceFixture fixture = SequenceFixture.Named(shape);
        ulong length = fixture.Sequence.Length;
        Assert.True(fixture.Sequence.DropFirst(length).IsEmpty);
        Assert.True(fixture.Sequence.DropFirst(length + 1).IsEmpty);
        Assert.True(fixture.Sequence.DropFirst(ulong.MaxValue).IsEmpty);
        Assert.True(fixture.Sequence.TakeFirst(2).DropFirst(3).IsEmpty);
        Assert.True(fixture.Sequence.TakeFirst(0).IsEmpty);
        Assert.Equal(length, fixture.Sequence.TakeFirst(ulong.MaxValue).Length);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_enumerator_gives_the_visible_parts(string shape)
    {
        using SequenceFixture fixture = SequenceFixture.Named(shape);
        var seen = new List<Block>();
        foreach (Block block in fixture.Sequence)
            seen.Add(block);
        Assert.Equal(fixture.ExpectedBlocks, seen);
    }

    [Fact]
    public void Slice_refuses_what_lies_outside()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = new BlockSequence(new Block(8, 4)).Slice(5, 0); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = new BlockSequence(new Block(8, 4)).Slice(1, 4); });
        Assert.Throws<ArgumentOutOfRangeException>(
            () => { _ = new BlockSequence(new Block(8, 4)).Slice(1, ulong.MaxValue); });
        Assert.True(new BlockSequence(new Block(8, 4)).Slice(4, 0).IsEmpty);
    }

    [Fact]
    public void A_sum_of_lengths_past_64_bits_is_refused()
    {
        Block[] most = [new(0, nuint.MaxValue / 2), new(0, nuint.MaxValue / 2), new(0, 1)];
        Assert.Equal(ulong.MaxValue, new BlockSequence(most).Length);
        Assert.True(new BlockSequence(most).DropFirst(ulong.MaxValue - 1).IsSingleBlock);
        Block[] more = [.. most, new(0, 1)];
        Assert.Throws<OverflowException>(() => { _ = new BlockSequence(more); });
    }

    [Fact]
    public void The_whole_list_is_given_out_only_when_nothing_is_cut()
    {
        using SequenceFixture fixture = new([4, 0, 5, 6]);
        Assert.True(fixture.Sequence.TryGetWhole(out ReadOnlySpan<Block> whole));
        Assert.True(whole == fixture.Blocks);
        Assert.True(fixture.Sequence.DropFirst(4).TryGetWhole(out whole));
        Assert.Equal(11ul, new BlockSequence(whole).Length);
        Assert.False(fixture.Sequence.DropFirst(1).TryGetWhole(out _));
        Assert.False(fixture.Sequence.TakeFirst(14).TryGetWhole(out _));
        Assert.False(fixture.Sequence.TakeFirst(14).DropFirst(4).TryGetWhole(out _));
        Assert.False(fixture.Sequence.TakeFirst(3).TryGetWhole(out _));
        Assert.False(default(BlockSequence).TryGetWhole(out _));
    }

    [Fact]
    public void What_may_fault_is_not_touched_and_every_window_of_it_may_fault()
    {
        using GuardedMemory memory = GuardedMemory.NoAccess(1);
        Block[] blocks = [memory.First(8), memory.AcrossEnd(8, 8)];
        Assert.True(new BlockSequence(blocks, mayFault: true).DropFirst(1).TakeFirst(10).Tail.MayFault);
        Assert.True(new BlockSequence(blocks, mayFault: true).DropFirst(100).MayFault);
        Assert.True(new BlockSequence(blocks, mayFault: true).TakeFirst(0).MayFault);
        Assert.False(new BlockSequence(blocks).MayFault);
        Assert.Throws<InvalidOperationException>(() => new BlockSequence(blocks, mayFault: true).Zero());
        Assert.Throws<InvalidOperationException>(() => new BlockSequence(blocks, mayFault: true).CopyTo(new byte[4]));
        Assert.Throws<InvalidOperationException>(() => new BlockSequence(blocks, mayFault: true).CopyFrom([1, 2]));
        Assert.Throws<InvalidOperationException>(
            () => BlockSequence.Copy(new BlockSequence(blocks[0]), new BlockSequence(blocks, mayFault: true)));
        Assert.Throws<InvalidOperationException>(
            () => BlockSequence.Copy(new BlockSequence(blocks, mayFault: true), new BlockSequence(blocks[0])));
    }

    [Fact]
    public void Adjacent_blocks_merge_and_others_do_not()
    {
        Block[] blocks =
            [new(0x1000, 16), new(0x1010, 16), default, new(0x1020, 4), new(0x1030, 8), new(0x1028, 8), new(0x1030, 1)];
        var merged = new Block[8];
        Assert.Equal(3, new BlockSequence(blocks).MergeBlocksTo(merged, out ulong bytes));
        Assert.Equal(53ul, bytes);
        Assert.Equal([new Block(0x1000, 36), new Block(0x1030, 8), new Block(0x1028, 9)], merged[..3]);

        Assert.Equal(1, new BlockSequence(blocks).MergeBlocksTo(merged.AsSpan(0, 1), out bytes));
        Assert.Equal(36ul, bytes);
        Assert.Equal(0, new BlockSequence(blocks).MergeBlocksTo([], out bytes));
        Assert.Equal(0ul, bytes);
        Assert.Equal(0, default(BlockSequence).MergeBlocksTo(merged, out _));
    }
}
