namespace Scatterlist.Compare.Areas.HostFd;

/// <summary>Blocks of one size at one distance from each other, and how much of them a window shows.</summary>
/// <param name="Count">Blocks.</param>
/// <param name="Size">Bytes of each.</param>
/// <param name="Stride">From one block's start to the next one's; more than the size, and none are adjacent.</param>
/// <param name="Cut">Bytes that the window leaves out at either end.</param>
internal readonly record struct BlockLayout(int Count, nuint Size, nuint Stride, ulong Cut = 0)
{
    /// <summary>From the first byte to the last, the gaps included.</summary>
    public nuint Extent => (nuint)(Count - 1) * Stride + Size;

    /// <summary>Bytes that an operation moves.</summary>
    public ulong Bytes => (ulong)Count * Size - 2 * Cut;

    /// <summary><c>64 x 4 KiB</c>.</summary>
    public override string ToString() => Size % 1024 == 0 ? $"{Count} x {Size / 1024} KiB" : $"{Count} x {Size} B";

    /// <summary>The blocks, in memory of at least <see cref="Extent"/> bytes.</summary>
    public Block[] PlaceIn(Block memory)
    {
        var blocks = new Block[Count];
        for (int i = 0; i < Count; i++)
            blocks[i] = memory.Slice((nuint)i * Stride, Size);
        return blocks;
    }

    /// <summary>The window over the blocks.</summary>
    public BlockSequence Window(ReadOnlySpan<Block> blocks)
    {
        var whole = new BlockSequence(blocks);
        return Cut == 0 ? whole : whole.Slice(Cut, Bytes);
    }
}
