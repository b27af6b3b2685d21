namespace Scatterlist.Vfio;

/// <summary>
/// Where a device finds a range of I/O addresses in this process, and the hold on it: until <see cref="Release"/> a
/// client that takes the memory away waits. Make one for each thread of a device and use it again and again: after the
/// first uses it allocates nothing. Not thread-safe.
/// </summary>
public sealed class DmaTranslation : IDisposable
{
    private Block[] _blocks = new Block[4];
    private DmaTable.Entry?[] _held = new DmaTable.Entry?[4];
    private int _count;

    /// <summary>The memory in the order of the addresses; valid until the release.</summary>
    public ReadOnlySpan<Block> Blocks => _blocks.AsSpan(0, _count);

    /// <summary>Lets go of the memory. Idempotent.</summary>
    public void Release()
    {
        for (int i = 0; i < _count; i++)
        {
            _held[i]!.Release();
            _held[i] = null;
        }

        _count = 0;
    }

    /// <summary>Lets go of the memory.</summary>
    public void Dispose() => Release();

    /// <summary>Adds a piece whose entry the caller has acquired.</summary>
    internal void Add(DmaTable.Entry entry, Block block)
    {
        if (_count == _blocks.Length)
        {
            Array.Resize(ref _blocks, _count * 2);
            Array.Resize(ref _held, _count * 2);
        }

        _blocks[_count] = block;
        _held[_count++] = entry;
    }
}
