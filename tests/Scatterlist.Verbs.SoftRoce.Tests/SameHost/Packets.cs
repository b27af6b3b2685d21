using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.SoftRoce.Tests.SameHost;

/// <summary>Bytes that follow from a number.</summary>
internal static class Packets
{
    internal static void Fill(Span<byte> bytes, uint number)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (int i = 0; i < words.Length; i++)
            words[i] = WordAt(number, i);
        for (int i = words.Length * 8; i < bytes.Length; i++)
            bytes[i] = ByteAt(number, i);
    }

    internal static void Check(ReadOnlySpan<byte> bytes, uint number, int from = 0)
    {
        for (int i = 0; i < bytes.Length;)
        {
            int at = from + i;
            if (at % 8 == 0 && bytes.Length - i >= 8)
            {
                ulong word = MemoryMarshal.Read<ulong>(bytes[i..]);
                if (word != WordAt(number, at / 8))
                    Assert.Fail($"packet {number}: wrong word at byte {at}");
                i += 8;
                continue;
            }

            if (bytes[i] != ByteAt(number, at))
                Assert.Fail($"packet {number}: wrong byte {at}");
            i++;
        }
    }

    private static ulong WordAt(uint number, int index) => (number + (ulong)index + 1) * 0x9e37_79b9_7f4a_7c15;

    private static byte ByteAt(uint number, int index) =>
        (byte)(WordAt(number, index / 8) >> (index % 8 * 8));
}
