using System.Buffers.Binary;
using System.Globalization;

namespace Scatterlist.Verbs;

/// <summary>
/// A peer's registered memory as work requests name it: address, length and key. A value to send anywhere, in
/// <see cref="Size"/> bytes or as text. Whoever has it reaches the memory, so send it to the peer only.
/// </summary>
public readonly record struct RemoteMemoryRegion
{
    /// <summary>Bytes of the binary form.</summary>
    public const int Size = 24;

    private const byte Version = 1;
    private const string Prefix = "v1,mr";

    /// <summary>Puts one together.</summary>
    /// <param name="address">The first byte as the peer's region names it.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="key">The peer's remote key.</param>
    /// <exception cref="ArgumentOutOfRangeException">The end would lie past the end of the address space.</exception>
    public RemoteMemoryRegion(RemoteAddress address, ulong length, RemoteKey key)
    {
        if (length > ulong.MaxValue - address.Value)
        {
            throw new ArgumentOutOfRangeException(
                nameof(length), length, "The region would wrap around the address space.");
        }

        Address = address;
        Length = length;
        Key = key;
    }

    /// <summary>The first byte as the peer's region names it; 0 for a whole zero-based region.</summary>
    public RemoteAddress Address { get; }

    /// <summary>Bytes.</summary>
    public ulong Length { get; }

    /// <summary>The peer's key.</summary>
    public RemoteKey Key { get; }

    /// <summary>The region from <paramref name="offset"/> to its end.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> lies past the end.</exception>
    public RemoteMemoryRegion Slice(ulong offset)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length);
        return new RemoteMemoryRegion(Address + offset, Length - offset, Key);
    }

    /// <summary>A part of the region.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside of the region.</exception>
    public RemoteMemoryRegion Slice(ulong offset, ulong length)
    {
        if (offset > Length || length > Length - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), $"Offset {offset} and length {length} reach outside of the region's {Length} bytes.");
        }

        return new RemoteMemoryRegion(Address + offset, length, Key);
    }

    /// <summary>
    /// Writes the binary form: version 1, three zero bytes, the key, the address and the length, in network order.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="destination"/> is shorter than
    /// <see cref="Size"/>.</exception>
    public void Write(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Size, nameof(destination));
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)Version << 24);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Key.Value);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Address.Value);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], Length);
    }

    /// <summary>Reads the binary form. False unless it is one in full; any bytes may come.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out RemoteMemoryRegion region)
    {
        region = default;
        if (source.Length != Size || BinaryPrimitives.ReadUInt32BigEndian(source) != (uint)Version << 24)
            return false;
        return TryMake(
            BinaryPrimitives.ReadUInt64BigEndian(source[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(source[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
            out region);
    }

    /// <summary>The text form with the key, to send to a peer: <c>v1,mr,address=0x..,length=..,key=0x..</c>.</summary>
    public string ToText() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Prefix},address=0x{Address.Value:x},length={Length},key=0x{Key.Value:x8}");

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">It is none. The text is not repeated, since it may hold a key.</exception>
    public static RemoteMemoryRegion Parse(ReadOnlySpan<char> text) => TryParse(text, out RemoteMemoryRegion region)
        ? region
        : throw new FormatException("The text is not a remote region: v1,mr,address=0x..,length=..,key=0x..");

    /// <summary>As <see cref="Parse"/>, without an exception.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out RemoteMemoryRegion region)
    {
        region = default;
        var fields = new TextFields(text);
        return fields.TryTake(Prefix)
            && fields.TryTake("address", ulong.MaxValue, out ulong address)
            && fields.TryTake("length", ulong.MaxValue, out ulong length)
            && fields.TryTake("key", uint.MaxValue, out ulong key)
            && fields.IsAtEnd
            && TryMake(address, length, (uint)key, out region);
    }

    /// <summary>For people: the range of addresses, and no key. See <see cref="ToText"/>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"[0x{Address.Value:x}-0x{Address.Value + Length:x})");

    private static bool TryMake(ulong address, ulong length, uint key, out RemoteMemoryRegion region)
    {
        bool fits = length <= ulong.MaxValue - address;
        region = fits ? new RemoteMemoryRegion(new RemoteAddress(address), length, new RemoteKey(key)) : default;
        return fits;
    }
}
