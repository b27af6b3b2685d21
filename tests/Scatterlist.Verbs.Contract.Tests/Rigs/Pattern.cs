using System.Buffers.Binary;

namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>Bytes that both sides can make from a number, and that differ at every place.</summary>
internal static class Pattern
{
    internal static byte[] Make(ulong seed, int length)
    {
        byte[] bytes = new byte[length];
        Fill(seed, bytes);
        return bytes;
    }

    internal static void Fill(ulong seed, Span<byte> bytes)
    {
        ulong state = seed;
        while (bytes.Length >= 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, Next(ref state));
            bytes = bytes[8..];
        }

        ulong last = Next(ref state);
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(last >> (8 * i));
    }

    /// <summary>The first place where <paramref name="bytes"/> are not the pattern; -1 when they are.</summary>
    internal static int FindDifference(ulong seed, ReadOnlySpan<byte> bytes)
    {
        ulong state = seed;
        int place = 0;
        for (; bytes.Length - place >= 8; place += 8)
        {
            ulong expected = Next(ref state);
            if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[place..]) != expected)
                return First(expected, bytes.Slice(place, 8), place);
        }

        return First(Next(ref state), bytes[place..], place);
    }

    internal static void AssertIs(ulong seed, ReadOnlySpan<byte> bytes)
    {
        int place = FindDifference(seed, bytes);
        if (place >= 0)
            Assert.Fail($"Byte {place} of {bytes.Length} is not the pattern {seed}'s.");
    }

    private static int First(ulong expected, ReadOnlySpan<byte> bytes, int place)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != (byte)(expected >> (8 * i)))
                return place + i;
        }

        return -1;
    }

    private static ulong Next(ref ulong state)
    {
        state += 0x9e3779b97f4a7c15; // splitmix64
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
