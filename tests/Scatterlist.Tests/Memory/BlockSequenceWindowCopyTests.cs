using Scatterlist.Testing;

namespace Scatterlist.Tests.Memory;

public class BlockSequenceWindowCopyTests
{
    [Fact]
    public void A_copied_window_has_the_same_bytes_as_the_enumerated_one() => SeededRandom.Run(500, random =>
    {
        var blocks = new Block[random.Next(0, 12)];
        nint address = 0x10000;
        for (int i = 0; i < blocks.Length; i++)
        {
            var length = (nuint)random.Next(0, 5);
            blocks[i] = new Block(address, length);
            address += (nint)length + random.Next(0, 2);
        }

        var window = new BlockSequence(blocks);
        for (int i = random.Next(0, 4); i > 0; i--)
        {
            window = window.DropFirst((ulong)random.Next(0, 6));
            window = window.TakeFirst((ulong)random.Next(0, 30));
        }

        var expected = new List<Block>();
        foreach (Block block in window)
            expected.Add(block);

        var copy = new Block[16];
        Assert.True(window.TryCopyWindowTo(copy, out int count));
        Assert.Equal(expected, copy[..count].Where(block => !block.IsEmpty));
        Assert.Equal(count > 3, !window.TryCopyWindowTo(new Block[3], out _));

        int merged = window.MergeBlocksTo(copy, out ulong bytes);
        Assert.Equal(window.Length, bytes);
        Assert.Equal(Addresses(expected), Addresses(copy[..merged]));
    });

    private static List<nint> Addresses(IEnumerable<Block> blocks)
    {
        var all = new List<nint>();
        foreach (Block block in blocks)
        {
            for (nuint i = 0; i < block.Length; i++)
                all.Add((nint)((nuint)block.Address + i));
        }

        return all;
    }
}
