namespace Scatterlist;

/// <summary>
/// A window over blocks: an offset into the first and a limit on the bytes (gVisor's <c>safemem.BlockSeq</c>). Making a
/// smaller window copies nothing. Empty blocks are skipped everywhere, and a single block is held inline. It is a value
/// on the stack that refers to the caller's blocks: those stay as they are while it is used.
/// </summary>
public readonly ref struct BlockSequence
{
    private readonly ReadOnlySpan<Block> _blocks;
    private readonly Block _single;
    private readonly nuint _head;
    private readonly ulong _length;
    private readonly ulong _hidden; // bytes of _blocks behind the window
    private readonly bool _mayFault;

    /// <summary>All bytes of one block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="mayFault">
    /// Whether touching the memory may fault (a mapping of a file that others truncate, memory that a peer owns). Such a
    /// sequence is only given to the kernel or to <c>SafeCopy</c>.
    /// </param>
    public BlockSequence(Block block, bool mayFault = false)
    {
        _single = block;
        _length = block.Length;
        _mayFault = mayFault;
    }

    /// <summary>All bytes of some blocks, in their order.</summary>
    /// <param name="blocks">The blocks. The sequence refers to them; they are not copied.</param>
    /// <param name="mayFault">See the other constructor.</param>
    /// <exception cref="OverflowException">The lengths add up to more than 64 bits hold.</exception>
    public BlockSequence(ReadOnlySpan<Block> blocks, bool mayFault = false)
        : this(blocks, 0, Sum(blocks), 0, mayFault)
    {
    }

    // Keeps the invariants: the first block of _blocks has a visible byte; a window within one block is held inline.
    private BlockSequence(ReadOnlySpan<Block> blocks, nuint head, ulong length, ulong hidden, bool mayFault)
    {
        _mayFault = mayFault;
        if (length == 0)
            return;
        int first = 0;
        while (head >= blocks[first].Length)
            head -= blocks[first++].Length;
        _length = length;
        if (blocks[first].Length - head >= length)
        {
            _single = blocks[first].DropFirst(head).TakeFirst((nuint)length);
            return;
        }

        _blocks = blocks[first..];
        _head = head;
        _hidden = hidden;
    }

    private BlockSequence(BlockSequence whole, ulong limit)
    {
        this = whole;
        _hidden += _length - limit;
        _length = limit;
        if (_blocks[0].Length - _head < limit)
            return;
        _single = _blocks[0].DropFirst(_head).TakeFirst((nuint)limit);
        _blocks = default;
        _head = 0;
        _hidden = 0;
    }

    /// <summary>Bytes in the window.</summary>
    public ulong Length => _length;

    /// <summary>Whether there is no byte.</summary>
    public bool IsEmpty => _length == 0;

    /// <summary>Whether the window lies within one block, which is then <see cref="Head"/>.</summary>
    public bool IsSingleBlock => _blocks.IsEmpty && _length != 0;

    /// <summary>Whether touching the memory may fault; such a sequence is only for the kernel and for SafeCopy.</summary>
    public bool MayFault => _mayFault;

    /// <summary>The non-empty blocks with a byte in the window. Counts them: linear in their number.</summary>
    public int BlockCount
    {
        get
        {
            int count = 0;
            foreach (Block block in this)
                count++;
            return count;
        }
    }

    /// <summary>The visible part of the first block.</summary>
    /// <exception cref="InvalidOperationException">The sequence is empty.</exception>
    public Block Head => _length == 0
        ? throw new InvalidOperationException("An empty sequence has no head.")
        : _blocks.IsEmpty ? _single : _blocks[0].DropFirst(_head);

    /// <summary>The window behind the first block.</summary>
    /// <exception cref="InvalidOperationException">The sequence is empty.</exception>
    public BlockSequence Tail => DropFirst(Head.Length);

    /// <summary>The window without its first <paramref name="count"/> bytes; empty when it has no more.</summary>
    public BlockSequence DropFirst(ulong count)
    {
        if (count == 0)
            return this;
        if (count >= _length)
            return new BlockSequence(default(Block), _mayFault);
        if (_blocks.IsEmpty)
            return new BlockSequence(_single.DropFirst((nuint)count), _mayFault);
        ulong skip = _head + count; // cannot wrap: both are parts of the sum of lengths, which fits
        int first = 0;
        while (skip >= _blocks[first].Length)
            skip -= _blocks[first++].Length;
        return new BlockSequence(_blocks[first..], (nuint)skip, _length - count, _hidden, _mayFault);
    }

    /// <summary>The first <paramref name="count"/> bytes of the window; all of it when it has no more.</summary>
    public BlockSequence TakeFirst(ulong count)
    {
        if (count >= _length)
            return this;
        if (count == 0)
            return new BlockSequence(default(Block), _mayFault);
        return _blocks.IsEmpty
            ? new BlockSequence(_single.TakeFirst((nuint)count), _mayFault)
            : new BlockSequence(this, count);
    }

    /// <summary>A part of the window.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the window.</exception>
    public BlockSequence Slice(ulong offset, ulong length)
    {
        if (offset > _length || length > _length - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), $"{offset}+{length} is outside of {_length} bytes.");
        return DropFirst(offset).TakeFirst(length);
    }

    /// <summary>
    /// The caller's own blocks, when the window is exactly all of them, so that they can be given to the kernel without
    /// a copy. False when a head or a tail is cut off, or when the window is a single block.
    /// </summary>
    public bool TryGetWhole(out ReadOnlySpan<Block> blocks)
    {
        blocks = _head == 0 && _hidden == 0 ? _blocks : default;
        return !blocks.IsEmpty;
    }

    /// <summary>
    /// Copies the caller's blocks with the window's ends cut, empty blocks and all: the fastest way to what the kernel
    /// takes, since no block between the ends is looked at.
    /// </summary>
    /// <param name="destination">Where they go.</param>
    /// <param name="count">How many there are; 0 when they do not fit.</param>
    /// <returns>False when there are more than <paramref name="destination"/> holds; nothing was copied.</returns>
    public bool TryCopyWindowTo(Span<Block> destination, out int count)
    {
        count = _length == 0 ? 0 : 1;
        ReadOnlySpan<Block> blocks = _blocks;
        if (blocks.IsEmpty)
        {
            if (count > destination.Length)
            {
                count = 0;
                return false;
            }

            if (count == 1)
                destination[0] = _single;
            return true;
        }

        ulong hidden = _hidden;
        int last = blocks.Length - 1;
        while (hidden >= blocks[last].Length)
            hidden -= blocks[last--].Length;
        count = last + 1; // at least two: a window within one block is held inline
        if (count > destination.Length)
        {
            count = 0;
            return false;
        }

        blocks[..count].CopyTo(destination);
        destination[0] = blocks[0].DropFirst(_head);
        destination[last] = blocks[last].TakeFirst(blocks[last].Length - (nuint)hidden);
        return true;
    }

    /// <summary>
    /// Writes the visible parts of the blocks, the empty ones left out, to <paramref name="destination"/> until that is
    /// full.
    /// </summary>
    /// <param name="destination">Where they go.</param>
    /// <param name="bytes">How many bytes the written blocks have.</param>
    /// <returns>How many blocks were written.</returns>
    public int CopyBlocksTo(Span<Block> destination, out ulong bytes)
    {
        bytes = 0;
        int count = 0;
        foreach (Block block in this)
        {
            if (count == destination.Length)
                break;
            destination[count++] = block;
            bytes += block.Length;
        }

        return count;
    }

    /// <summary>
    /// Like <see cref="CopyBlocksTo"/>, but blocks that continue each other in memory become one: fewer pieces for the
    /// kernel or a device to walk.
    /// </summary>
    /// <param name="destination">Where they go.</param>
    /// <param name="bytes">How many bytes the written blocks have.</param>
    /// <returns>How many blocks were written.</returns>
    public int MergeBlocksTo(Span<Block> destination, out ulong bytes)
    {
        bytes = 0;
        if (_length == 0 || destination.IsEmpty)
            return 0;

        // Written out rather than over the enumerator, with locals for what the compiler cannot know to stay the same:
        // with small blocks this loop is most of what a transfer costs on top of the kernel's own work.
        ReadOnlySpan<Block> blocks = _blocks;
        int count = 0;
        ulong written = 0;
        Block head = Head;
        nuint start = (nuint)head.Address;
        nuint length = head.Length;
        ulong left = _length - length;
        for (int i = 1; left != 0; i++)
        {
            Block block = blocks[i];
            nuint next = block.Length;
            if (next > left)
                next = (nuint)left;
            left -= next;
            if ((nuint)block.Address == start + length || next == 0)
            {
                length += next;
                continue;
            }

            Block.Put(ref destination[count++], start, length);
            written += length;
            if (count == destination.Length)
            {
                bytes = written;
                return count;
            }

            start = (nuint)block.Address;
            length = next;
        }

        Block.Put(ref destination[count++], start, length);
        bytes = written + length;
        return count;
    }

    /// <summary>Enumerates the visible parts of the blocks, the empty ones left out.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>
    /// Copies as many bytes as the shorter of the two has. Overlap between the two is undefined, as for memcpy(3).
    /// </summary>
    /// <returns>The bytes copied.</returns>
    /// <exception cref="InvalidOperationException">Either may fault: use SafeCopy of Scatterlist.HostFd.</exception>
    public static ulong Copy(BlockSequence destination, BlockSequence source)
    {
        ThrowIfMayFault(destination._mayFault || source._mayFault);
        ulong done = 0;
        while (!destination.IsEmpty && !source.IsEmpty)
        {
            nuint count = Block.Copy(destination.Head, source.Head);
            done += count;
            destination = destination.DropFirst(count);
            source = source.DropFirst(count);
        }

        return done;
    }

    /// <summary>Copies to a span as many bytes as the shorter of the two has.</summary>
    /// <returns>The bytes copied.</returns>
    /// <exception cref="InvalidOperationException">The memory may fault: use SafeCopy of Scatterlist.HostFd.</exception>
    public int CopyTo(Span<byte> destination)
    {
        ThrowIfMayFault(_mayFault);
        int done = 0;
        foreach (Block block in TakeFirst((ulong)destination.Length))
        {
            block.AsSpan().CopyTo(destination[done..]);
            done += (int)block.Length;
        }

        return done;
    }

    /// <summary>Copies from a span as many bytes as the shorter of the two has.</summary>
    /// <returns>The bytes copied.</returns>
    /// <exception cref="InvalidOperationException">The memory may fault: use SafeCopy of Scatterlist.HostFd.</exception>
    public int CopyFrom(ReadOnlySpan<byte> source)
    {
        ThrowIfMayFault(_mayFault);
        int done = 0;
        foreach (Block block in TakeFirst((ulong)source.Length))
        {
            source.Slice(done, (int)block.Length).CopyTo(block.AsSpan());
            done += (int)block.Length;
        }

        return done;
    }

    /// <summary>Sets every byte to zero.</summary>
    /// <returns>The bytes set.</returns>
    /// <exception cref="InvalidOperationException">The memory may fault: use SafeCopy of Scatterlist.HostFd.</exception>
    public ulong Zero()
    {
        ThrowIfMayFault(_mayFault);
        foreach (Block block in this)
            block.Zero();
        return _length;
    }

    private static ulong Sum(ReadOnlySpan<Block> blocks)
    {
        ulong sum = 0;
        foreach (ref readonly Block block in blocks)
            sum = checked(sum + block.Length);
        return sum;
    }

    private static void ThrowIfMayFault(bool mayFault)
    {
        if (mayFault)
            throw new InvalidOperationException("This memory may fault: copy it with SafeCopy of Scatterlist.HostFd.");
    }

    /// <summary>Walks the visible parts of the blocks.</summary>
    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<Block> _blocks;
        private Block _current;
        private nuint _head;
        private ulong _left;
        private int _next;

        internal Enumerator(BlockSequence sequence)
        {
            _blocks = sequence._blocks;
            _current = sequence._single;
            _head = sequence._head;
            _left = sequence._length;
        }

        /// <summary>The visible part of the block that the walk is at.</summary>
        public readonly Block Current => _current;

        /// <summary>Goes to the next non-empty block.</summary>
        public bool MoveNext()
        {
            if (_left == 0)
                return false;
            if (_blocks.IsEmpty)
            {
                _left = 0;
                return true;
            }

            do
            {
                _current = _blocks[_next++].DropFirst(_head);
                _head = 0;
            }
            while (_current.IsEmpty);
            if (_current.Length > _left)
                _current = _current.TakeFirst((nuint)_left);
            _left -= _current.Length;
            return true;
        }
    }
}
