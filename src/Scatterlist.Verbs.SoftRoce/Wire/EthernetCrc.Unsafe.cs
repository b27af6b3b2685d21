using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>
/// The CRC-32 of Ethernet, by the fastest means of the processor. A state is the register itself: it starts with all
/// ones, and its complement at the end is what zlib calls crc32.
/// </summary>
internal static unsafe partial class EthernetCrc
{
    /// <summary>The state before the first byte.</summary>
    internal const uint Start = uint.MaxValue;

    private const int Slices = 8;

    // Table k holds what a byte with k zero bytes behind it does.
    private static readonly uint[] Tables = MakeTables();

    /// <summary>The state after these bytes.</summary>
    internal static uint Update(uint state, byte* data, int length)
    {
        if (IsCarryless512Supported && length >= 512)
            return UpdateCarryless512(state, data, length);
        if (IsCarryless256Supported && length >= 256)
            return UpdateCarryless256(state, data, length);
        if (IsCarryless128Supported)
            return UpdateCarryless128(state, data, length);
        return IsArmSupported ? UpdateArm(state, data, length) : UpdateTable(state, data, length);
    }

    /// <summary>As <see cref="Update"/>, by tables alone.</summary>
    internal static uint UpdateTable(uint state, byte* data, int length)
    {
        fixed (uint* tables = Tables)
        {
            for (; length >= Slices; length -= Slices, data += Slices)
            {
                ulong word = Load64(data) ^ state;
                state = tables[(7 * 256) + (byte)word]
                    ^ tables[(6 * 256) + (byte)(word >> 8)]
                    ^ tables[(5 * 256) + (byte)(word >> 16)]
                    ^ tables[(4 * 256) + (byte)(word >> 24)]
                    ^ tables[(3 * 256) + (byte)(word >> 32)]
                    ^ tables[(2 * 256) + (byte)(word >> 40)]
                    ^ tables[(1 * 256) + (byte)(word >> 48)]
                    ^ tables[(byte)(word >> 56)];
            }

            for (; length > 0; length--, data++)
                state = (state >> 8) ^ tables[(byte)(state ^ *data)];
        }

        return state;
    }

    private static ulong Load64(byte* data)
    {
        ulong word = Unsafe.ReadUnaligned<ulong>(data);
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }

    private static uint Load32(byte* data)
    {
        uint word = Unsafe.ReadUnaligned<uint>(data);
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }

    private static uint[] MakeTables()
    {
        var tables = new uint[Slices * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint state = i;
            for (int bit = 0; bit < 8; bit++)
                state = (state >> 1) ^ (Gf32.Polynomial & (uint)-(int)(state & 1));
            tables[i] = state;
        }

        for (int i = 256; i < tables.Length; i++)
            tables[i] = (tables[i - 256] >> 8) ^ tables[(byte)tables[i - 256]];
        return tables;
    }
}
