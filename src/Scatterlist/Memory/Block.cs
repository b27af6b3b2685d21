using System.Globalization;

namespace Scatterlist;

/// <summary>
/// A piece of memory: where it starts and how many bytes it has. Bit-identical to <c>struct iovec</c> (readv(2)), so
/// that an array of blocks goes to the kernel as it is.
/// </summary>
/// <remarks>
/// A block owns nothing: whoever made it keeps the memory in place while it is used. <see cref="HostBuffer.Lease()"/>
/// gives blocks that hold their pages. The default value is the empty block.
/// </remarks>
public readonly partial struct Block : IEquatable<Block>
{
    private readonly nint _address;
    private readonly nuint _length;

    /// <summary>Describes memory that somebody else keeps in place.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="length">Bytes. With none, the block is the empty one, whatever the address.</param>
    /// <exception cref="ArgumentOutOfRangeException">The end would lie past the end of the address space.</exception>
    public Block(nint address, nuint length)
    {
        if (length > nuint.MaxValue - (nuint)address)
            throw new ArgumentOutOfRangeException(nameof(length), length, "The block would wrap around the address space.");
        _address = length == 0 ? 0 : address;
        _length = length;
    }

    /// <summary>The first byte, or 0 for the empty block.</summary>
    public nint Address => _address;

    /// <summary>Bytes.</summary>
    public nuint Length => _length;

    /// <summary>Whether there is no byte.</summary>
    public bool IsEmpty => _length == 0;

    /// <summary>The block without its first <paramref name="count"/> bytes; empty when it has no more.</summary>
    public Block DropFirst(nuint count) =>
        count >= _length ? default : new Block((nint)((nuint)_address + count), _length - count);

    /// <summary>The first <paramref name="count"/> bytes of the block; all of it when it has no more.</summary>
    public Block TakeFirst(nuint count) => count >= _length ? this : new Block(_address, count);

    /// <summary>A part of the block.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the block.</exception>
    public Block Slice(nuint offset, nuint length)
    {
        if (offset > _length || length > _length - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), $"{offset}+{length} is outside of {_length} bytes.");
        return DropFirst(offset).TakeFirst(length);
    }

    /// <inheritdoc/>
    public bool Equals(Block other) => _address == other._address && _length == other._length;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Block other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_address, _length);

    /// <summary>Whether both are the same bytes in memory.</summary>
    public static bool operator ==(Block left, Block right) => left.Equals(right);

    /// <summary>Whether they differ in place or length.</summary>
    public static bool operator !=(Block left, Block right) => !left.Equals(right);

    /// <summary>The half-open range of addresses, or <c>[empty)</c>.</summary>
    public override string ToString() => IsEmpty
        ? "[empty)"
        : string.Create(CultureInfo.InvariantCulture, $"[0x{(nuint)_address:x}-0x{(nuint)_address + _length:x})");
}
