using System.Globalization;

namespace Scatterlist;

/// <summary>An address inside a peer's registered memory region.</summary>
/// <param name="Value">The number itself, as it is put on the wire or in a descriptor.</param>
public readonly record struct RemoteAddress(ulong Value) : IComparable<RemoteAddress>
{
    /// <summary>Adds <paramref name="bytes"/> to an address.</summary>
    /// <exception cref="OverflowException">The sum does not fit in 64 bits.</exception>
    public static RemoteAddress operator +(RemoteAddress address, ulong bytes) => new(checked(address.Value + bytes));

    /// <summary>The bytes from <paramref name="start"/> up to <paramref name="end"/>.</summary>
    /// <exception cref="OverflowException"><paramref name="end"/> is below <paramref name="start"/>.</exception>
    public static ulong operator -(RemoteAddress end, RemoteAddress start) => checked(end.Value - start.Value);

    /// <summary>Whether <paramref name="left"/> is below <paramref name="right"/>.</summary>
    public static bool operator <(RemoteAddress left, RemoteAddress right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> is above <paramref name="right"/>.</summary>
    public static bool operator >(RemoteAddress left, RemoteAddress right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> is not above <paramref name="right"/>.</summary>
    public static bool operator <=(RemoteAddress left, RemoteAddress right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> is not below <paramref name="right"/>.</summary>
    public static bool operator >=(RemoteAddress left, RemoteAddress right) => left.Value >= right.Value;

    /// <summary>The address <paramref name="bytes"/> further on; the named form of <c>+</c>.</summary>
    /// <exception cref="OverflowException">The sum does not fit in 64 bits.</exception>
    public RemoteAddress Add(ulong bytes) => this + bytes;

    /// <summary>The bytes from <paramref name="start"/> up to this address; the named form of <c>-</c>.</summary>
    /// <exception cref="OverflowException">This address is below <paramref name="start"/>.</exception>
    public ulong Subtract(RemoteAddress start) => this - start;

    /// <summary>Whether this address is a multiple of <paramref name="alignment"/>, a power of two in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="alignment"/> is not a power of two.</exception>
    public bool IsAligned(ulong alignment) => System.Numerics.BitOperations.IsPow2(alignment)
        ? (Value & (alignment - 1)) == 0
        : throw new ArgumentOutOfRangeException(nameof(alignment), alignment, "An alignment is a power of two.");

    /// <inheritdoc/>
    public int CompareTo(RemoteAddress other) => Value.CompareTo(other.Value);

    /// <summary>The address in hexadecimal with its <c>0x</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x}");
}
