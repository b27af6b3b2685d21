using Scatterlist.Testing;

namespace Scatterlist.Tests.Memory;

/// <summary>Random windows over random blocks behave as the flat bytes that they show.</summary>
public sealed class BlockSequenceModelTests
{
    private const int Cases = 400;

    [Fact]
    public void Windows_of_windows_show_the_same_bytes() => SeededRandom.Run(Cases, random =>
    {
        using SequenceFixture fixture = Make(random);
        BlockSequence sequence = fixture.Sequence;
        ReadOnlySpan<byte> model = fixture.Expected;
        for (int step = 0; step < 8; step++)
        {
            int count = random.Next(model.Length + 3);
            switch (random.Next(3))
            {
                case 0:
                    sequence = sequence.DropFirst((ulong)count);
                    model = model[Math.Min(count, model.Length)..];
                    break;
                case 1:
                    sequence = sequence.TakeFirst((ulong)(model.Length + 2 - count));
                    model = model[..Math.Min(model.Length + 2 - count, model.Length)];
                    break;
                default:
                    int offset = random.Next(model.Length + 1);
                    int length = random.Next(model.Length - offset + 1);
                    sequence = sequence.Slice((ulong)offset, (ulong)length);
                    model = model.Slice(offset, length);
                    break;
            }

            AssertShows(sequence, model);
        }
    });

    [Fact]
    public void Copied_and_merged_blocks_are_the_same_memory_in_the_same_order() => SeededRandom.Run(Cases, random =>
    {
        using SequenceFixture fixture = Make(random);
        var blocks = new Block[random.Next(1, 12)];

        int count = fixture.Sequence.CopyBlocksTo(blocks, out ulong bytes);
        Assert.Equal(Math.Min(blocks.Length, fixture.ExpectedBlocks.Length), count);
        Assert.Equal(fixture.ExpectedBlocks[..count], blocks[..count]);
        AssertShows(new BlockSequence(blocks.AsSpan(0, count)), fixture.Expected.AsSpan(0, (int)bytes));

        count = fixture.Sequence.MergeBlocksTo(blocks, out bytes);
        AssertShows(new BlockSequence(blocks.AsSpan(0, count)), fixture.Expected.AsSpan(0, (int)bytes));
        for (int i = 0; i < count; i++)
        {
            Assert.False(blocks[i].IsEmpty);
            if (i != 0)
                Assert.NotEqual(blocks[i].Address, blocks[i - 1].Address + (nint)blocks[i - 1].Length);
        }

        if (count < blocks.Length)
            Assert.Equal(fixture.Sequence.Length, bytes);
        else // what is left does not continue the last block, or it would have been merged
            Assert.True(bytes == fixture.Sequence.Length
                || fixture.Sequence.DropFirst(bytes).Head.Address != blocks[^1].Address + (nint)blocks[^1].Length);
    });

    [Fact]
    public void The_whole_list_is_all_of_the_window() => SeededRandom.Run(Cases, random =>
    {
        using SequenceFixture fixture = Make(random);
        if (fixture.Sequence.TryGetWhole(out ReadOnlySpan<Block> whole))
            AssertShows(new BlockSequence(whole), fixture.Expected);
    });

    [Fact]
    public void Copy_moves_the_shorter_length_and_nothing_else() => SeededRandom.Run(Cases, random =>
    {
        using SequenceFixture source = Make(random);
        using SequenceFixture destination = Make(random);
        byte[] before = destination.Memory.ToArray();
        int common = Math.Min(source.Expected.Length, destination.Expected.Length);

        Assert.Equal((ulong)common, BlockSequence.Copy(destination.Sequence, source.Sequence));
        AssertShows(
            destination.Sequence, [.. source.Expected.Take(common), .. destination.Expected.Skip(common)]);
        AssertUntouchedOutside(destination, before, common);
    });

    [Fact]
    public void CopyTo_and_CopyFrom_move_the_shorter_length() => SeededRandom.Run(Cases, random =>
    {
        using SequenceFixture fixture = Make(random);
        byte[] before = fixture.Memory.ToArray();
        var bytes = new byte[random.Next(fixture.Expected.Length + 10)];
        int common = Math.Min(bytes.Length, fixture.Expected.Length);

        Assert.Equal(common, fixture.Sequence.CopyTo(bytes));
        Assert.Equal(fixture.Expected.Take(common), bytes.Take(common));
        Assert.Equal(-1, bytes.AsSpan(common).IndexOfAnyExcept((byte)0));

        random.NextBytes(bytes);
        Assert.Equal(common, fixture.Sequence.CopyFrom(bytes));
        AssertShows(fixture.Sequence, [.. bytes.Take(common), .. fixture.Expected.Skip(common)]);
        AssertUntouchedOutside(fixture, before, common);
    });

    [Fact]
    public void Zero_clears_the_window_and_nothing_else() => SeededRandom.Run(Cases, random =>
    {
        using SequenceFixture fixture = Make(random);
        byte[] before = fixture.Memory.ToArray();
        Assert.Equal((ulong)fixture.Expected.Length, fixture.Sequence.Zero());
        AssertShows(fixture.Sequence, new byte[fixture.Expected.Length]);
        AssertUntouchedOutside(fixture, before, fixture.Expected.Length);
    });

    [Fact]
    public void Walking_and_copying_allocate_nothing()
    {
        using SequenceFixture fixture = new([.. Enumerable.Range(0, 64).Select(i => i % 7)], 3, 150, [0, 2]);
        using SequenceFixture other = new([.. Enumerable.Repeat(5, 40)]);
        var blocks = new Block[64];
        var bytes = new byte[200];
        ulong sum = 0;
        AllocationMeter.AssertNone(() =>
        {
            BlockSequence sequence = fixture.Sequence;
            sum += sequence.Slice(2, 70).DropFirst(1).TakeFirst(60).Tail.Head.Length + (ulong)sequence.BlockCount;
            foreach (Block block in sequence)
                sum += block.Length;
            sequence.CopyBlocksTo(blocks, out _);
            sequence.MergeBlocksTo(blocks, out _);
            BlockSequence.Copy(other.Sequence, sequence);
            sequence.CopyTo(bytes);
            sequence.CopyFrom(bytes);
            sequence.Zero();
        });
        Assert.NotEqual(0ul, sum);
    }

    private static SequenceFixture Make(Random random)
    {
        int[] lengths = [.. Enumerable.Range(0, random.Next(9)).Select(_ => random.Next(3) == 0 ? 0 : random.Next(20))];
        ulong total = (ulong)lengths.Sum();
        ulong offset = random.Next(2) == 0 ? 0 : (ulong)random.Next((int)total + 2);
        ulong limit = random.Next(2) == 0 ? ulong.MaxValue : (ulong)random.Next((int)total + 2);
        return new SequenceFixture(lengths, offset, limit, [random.Next(3), 0, random.Next(4)]);
    }

    private static void AssertShows(BlockSequence sequence, ReadOnlySpan<byte> model)
    {
        Assert.Equal((ulong)model.Length, sequence.Length);
        Assert.Equal(model.IsEmpty, sequence.IsEmpty);
        var seen = new List<byte>();
        int count = 0;
        foreach (Block block in sequence)
        {
            Assert.False(block.IsEmpty);
            seen.AddRange(block.AsSpan());
            count++;
        }

        Assert.Equal(model.ToArray(), seen);
        Assert.Equal(count, sequence.BlockCount);
        Assert.Equal(count == 1, sequence.IsSingleBlock);
    }

    private static void AssertUntouchedOutside(SequenceFixture fixture, byte[] before, int count)
    {
        var visible = new HashSet<nint>();
        foreach (Block block in fixture.Sequence.TakeFirst((ulong)count))
        {
            for (nint address = block.Address; address < block.Address + (nint)block.Length; address++)
                visible.Add(address);
        }

        for (int i = 0; i < before.Length; i++)
        {
            Assert.True(
                visible.Contains(fixture.Address + i) || before[i] == fixture.Memory[i], $"Byte {i} was changed.");
        }
    }
}
