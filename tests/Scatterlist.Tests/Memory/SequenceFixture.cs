namespace Scatterlist.Tests.Memory;

/// <summary>Blocks in native memory, a window over them, and the bytes that the window shows.</summary>
internal sealed class SequenceFixture : IDisposable
{
    private readonly HostBuffer _memory;
    private readonly Block[] _blocks;
    private readonly ulong _offset;
    private readonly ulong _limit;

    /// <param name="lengths">The blocks' lengths.</param>
    /// <param name="offset">Bytes dropped from the front.</param>
    /// <param name="limit">Bytes taken then.</param>
    /// <param name="gaps">Bytes between one block and the next, by turns; null for 3.</param>
    internal SequenceFixture(int[] lengths, ulong offset = 0, ulong limit = ulong.MaxValue, int[]? gaps = null)
    {
        gaps ??= [3];
        _memory = HostBuffer.Allocate((nuint)(lengths.Sum() + (lengths.Length * gaps.Max()) + 1));
        Random random = new(lengths.Length);
        random.NextBytes(_memory.AsSpan());
        _blocks = new Block[lengths.Length];
        nint next = _memory.Address;
        var all = new List<byte>();
        for (int i = 0; i < lengths.Length; i++)
        {
            _blocks[i] = new Block(next, (nuint)lengths[i]);
            all.AddRange(_blocks[i].AsSpan());
            next += lengths[i] + gaps[i % gaps.Length];
        }

        _offset = offset;
        _limit = limit;
        Expected = [.. all.Skip((int)Math.Min(offset, int.MaxValue)).Take((int)Math.Min(limit, int.MaxValue))];
        ExpectedBlocks = Visible(_blocks, offset, (ulong)Expected.Length);
    }

    /// <summary>The window.</summary>
    internal BlockSequence Sequence => new BlockSequence(_blocks).DropFirst(_offset).TakeFirst(_limit);

    /// <summary>The bytes in the window, in order.</summary>
    internal byte[] Expected { get; }

    /// <summary>The parts of the blocks in the window, the empty ones left out.</summary>
    internal Block[] ExpectedBlocks { get; }

    /// <summary>The blocks behind the window.</summary>
    internal ReadOnlySpan<Block> Blocks => _blocks;

    /// <summary>All memory, with the gaps.</summary>
    internal Span<byte> Memory => _memory.AsSpan();

    /// <summary>Where <see cref="Memory"/> starts.</summary>
    internal nint Address => _memory.Address;

    public void Dispose() => _memory.Dispose();

    /// <summary>The seven shapes that every behaviour is checked on.</summary>
    internal static SequenceFixture Named(string name) => name switch
    {
        "empty" => new([]),
        "one piece" => new([10]),
        "two pieces" => new([4, 6]),
        "empty blocks" => new([0, 0, 3, 0, 4, 0, 0, 5, 0]),
        "offset 2" => new([1, 0, 4, 5], offset: 2),
        "limit 5" => new([3, 0, 4, 6], limit: 5),
        "offset 3, limit 5" => new([2, 4, 0, 6, 1], offset: 3, limit: 5),
        _ => throw new ArgumentException(name),
    };

    /// <summary>The parts of <paramref name="blocks"/> between two byte positions, found the simple way.</summary>
    internal static Block[] Visible(ReadOnlySpan<Block> blocks, ulong offset, ulong length)
    {
        var visible = new List<Block>();
        ulong position = 0;
        foreach (Block block in blocks)
        {
            ulong start = Math.Max(position, offset);
            ulong end = Math.Min(position + block.Length, offset + length);
            if (start < end)
                visible.Add(new Block((nint)((nuint)block.Address + (nuint)(start - position)), (nuint)(end - start)));
            position += block.Length;
        }

        return [.. visible];
    }
}
