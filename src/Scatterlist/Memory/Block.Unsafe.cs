using System.Runtime.CompilerServices;

namespace Scatterlist;

public readonly unsafe partial struct Block
{
    /// <summary>Describes memory that somebody else keeps in place; see the other constructor.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The end would lie past the end of the address space.</exception>
    public Block(void* pointer, nuint length)
        : this((nint)pointer, length)
    {
    }

    /// <summary>
    /// The bytes as a span, which is valid while whoever made the block keeps the memory in place. Not for memory that
    /// may fault, nor for a device's: those are never touched through a span.
    /// </summary>
    /// <exception cref="InvalidOperationException">The block is longer than a span can be (2 GiB - 1): slice it.</exception>
    public Span<byte> AsSpan() => _length <= int.MaxValue
        ? new Span<byte>((void*)_address, (int)_length)
        : throw new InvalidOperationException($"A span holds at most {int.MaxValue} bytes, the block has {_length}.");

    /// <summary>Copies as many bytes as the shorter of the two has; overlapping blocks are copied as by memmove(3).</summary>
    /// <returns>The bytes copied.</returns>
    public static nuint Copy(Block destination, Block source)
    {
        nuint count = nuint.Min(destination._length, source._length);
        if (count != 0)
            Buffer.MemoryCopy((void*)source._address, (void*)destination._address, count, count);
        return count;
    }

    /// <summary>Sets every byte to zero.</summary>
    public void Zero()
    {
        if (_length != 0)
            System.Runtime.InteropServices.NativeMemory.Clear((void*)_address, _length);
    }

    /// <summary>Puts a block of at least one byte into its place, which the caller knows to be in its memory.</summary>
    /// <remarks>
    /// Half by half: a constructed block is assembled on the stack and copied from there as a whole, and a load that spans
    /// two stores just made stalls the processor for longer than everything else that a loop over blocks does with one.
    /// </remarks>
    internal static void Put(ref Block place, nuint address, nuint length)
    {
        ref nuint half = ref Unsafe.As<Block, nuint>(ref place);
        half = address;
        Unsafe.Add(ref half, 1) = length;
    }
}
