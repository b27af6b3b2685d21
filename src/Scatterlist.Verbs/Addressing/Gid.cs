using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Scatterlist.Verbs;

/// <summary>
/// A port's global identifier (union ibv_gid): 16 bytes in network order. On RoCE v2 it is an IPv6 address, or an
/// IPv4
/// address as <c>::ffff:a.b.c.d</c>. Its text is eight groups of four hexadecimal digits, as ibv_devinfo prints it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct Gid : IEquatable<Gid>, ISpanParsable<Gid>
{
    /// <summary>Bytes in a GID.</summary>
    public const int Size = 16;

    private readonly ulong _first; // as the bytes lie in memory, whatever the processor's order
    private readonly ulong _second;

    /// <summary>Takes 16 bytes in network order.</summary>
    /// <exception cref="ArgumentException">There are not exactly 16 bytes.</exception>
    public Gid(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
            throw new ArgumentException($"A GID has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        _first = MemoryMarshal.Read<ulong>(bytes);
        _second = MemoryMarshal.Read<ulong>(bytes[8..]);
    }

    /// <summary>The upper half, in host order.</summary>
    public ulong SubnetPrefix => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(_first) : _first;

    /// <summary>The lower half, in host order.</summary>
    public ulong InterfaceId => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(_second) : _second;

    /// <summary>Whether all 16 bytes are zero: an empty place of the table.</summary>
    public bool IsZero => (_first | _second) == 0;

    /// <summary>Whether it stands for an IPv4 address.</summary>
    public bool IsIPv4 => SubnetPrefix == 0 && InterfaceId >> 32 == 0xffff;

    /// <summary>The GID of an IP address: IPv4 as <c>::ffff:a.b.c.d</c>.</summary>
    public static Gid FromAddress(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[Size];
        IPAddress wide = address.AddressFamily == AddressFamily.InterNetwork ? address.MapToIPv6() : address;
        wide.TryWriteBytes(bytes, out _);
        return new Gid(bytes);
    }

    /// <summary>Reads eight groups of hexadecimal digits, any IPv6 text, or an IPv4 address.</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static Gid Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => TryParse(s, provider, out Gid gid)
        ? gid
        : throw new FormatException($"'{s}' is not a GID: give eight groups of hexadecimal digits or an IP address.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static Gid Parse(string s, IFormatProvider? provider = null)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <summary>As <see cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>, without an exception.</summary>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Gid result)
    {
        bool isAddress = IPAddress.TryParse(s, out IPAddress? address);
        result = isAddress ? FromAddress(address!) : default;
        return isAddress;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out Gid)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Gid result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <summary>The IP address: IPv4 where it stands for one.</summary>
    public IPAddress ToAddress()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return IsIPv4 ? new IPAddress(bytes[12..]) : new IPAddress(bytes);
    }

    /// <summary>Writes the 16 bytes in network order.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="destination"/> is shorter.</exception>
    public void CopyTo(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Size, nameof(destination));
        MemoryMarshal.Write(destination, in _first);
        MemoryMarshal.Write(destination[8..], in _second);
    }

    /// <inheritdoc/>
    public bool Equals(Gid other) => _first == other._first && _second == other._second;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Gid other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_first, _second);

    /// <summary>Whether both have the same bytes.</summary>
    public static bool operator ==(Gid left, Gid right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(Gid left, Gid right) => !left.Equals(right);

    /// <summary>Eight groups of four digits, as <c>0000:0000:0000:0000:0000:ffff:7f00:0001</c>.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        string digits = Convert.ToHexStringLower(bytes);
        return string.Join(':', Enumerable.Range(0, 8).Select(group => digits.Substring(group * 4, 4)));
    }
}
