using System.Buffers.Binary;

namespace Scatterlist.Opae.SoftAccelerator.Models;

/// <summary>
/// Registers: bytes, and a mask of the bits that the driver may change. Not thread-safe: the model has the lock.
/// </summary>
internal sealed class RegisterFile
{
    private readonly byte[] _bytes;
    private readonly byte[] _writable;

    internal RegisterFile(int length)
    {
        _bytes = new byte[length];
        _writable = new byte[length];
    }

    internal int Length => _bytes.Length;

    internal uint this[int offset] => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));

    internal ulong Wide(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(offset));

    internal void Set(int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(offset), value);

    internal void Set(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(offset), value);

    internal void Allow(int offset, ulong mask) =>
        BinaryPrimitives.WriteUInt64LittleEndian(_writable.AsSpan(offset), mask);

    /// <summary>Reads; what lies behind the registers is 0.</summary>
    internal void Read(ulong offset, Span<byte> destination)
    {
        destination.Clear();
        if (offset >= (ulong)_bytes.Length)
            return;
        ReadOnlySpan<byte> rest = _bytes.AsSpan((int)offset);
        rest[..Math.Min(rest.Length, destination.Length)].CopyTo(destination);
    }

    /// <summary>Writes the bits that may be written.</summary>
    internal void Write(ulong offset, ReadOnlySpan<byte> source)
    {
        for (int i = 0; i < source.Length && offset + (ulong)i < (ulong)_bytes.Length; i++)
        {
            int at = (int)offset + i;
            _bytes[at] = (byte)((_bytes[at] & ~_writable[at]) | (source[i] & _writable[at]));
        }
    }
}
