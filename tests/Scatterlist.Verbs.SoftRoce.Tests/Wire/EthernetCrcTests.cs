using System.Runtime.CompilerServices;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Wire;

/// <summary>Every way to compute the CRC says what the definition says.</summary>
public sealed unsafe class EthernetCrcTests
{
    public static TheoryData<string> Ways => ["table", "carryless128", "carryless256", "carryless512", "arm", "streams"];

    [Fact]
    public void The_check_value_of_the_standard_comes_out()
    {
        fixed (byte* data = "123456789"u8)
            Assert.Equal(0xcbf43926, ~EthernetCrc.Update(EthernetCrc.Start, data, 9));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Every_length_and_place_gives_the_bitwise_result(string way)
    {
        delegate*<uint, byte*, int, uint> update = Find(way);
        using GuardedMemory memory = GuardedMemory.NoAccess(8192);
        SeededRandom.Run(1, random =>
        {
            random.NextBytes(memory.AsSpan());
            int[] lengths = [.. Enumerable.Range(0, 700), 767, 768, 769, 1023, 1024, 1064, 4095, 4096, 4136, 4137, 8190];
            foreach (int length in lengths)
            {
                uint start = (uint)random.NextInt64();
                uint expected = Bitwise(start, memory.AsSpan()[^length..]);

                // The last byte lies against a page that may not be touched, and so does the first.
                Assert.Equal(expected, update(start, (byte*)memory.FaultAddress - length, length));
                expected = Bitwise(start, memory.AsSpan()[..length]);
                Assert.Equal(expected, update(start, (byte*)memory.Address, length));
            }
        });
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Pieces_give_what_the_whole_gives(string way)
    {
        delegate*<uint, byte*, int, uint> update = Find(way);
        byte[] bytes = new byte[5000];
        SeededRandom.Run(50, random =>
        {
            random.NextBytes(bytes);
            fixed (byte* data = bytes)
            {
                uint state = EthernetCrc.Start;
                for (int at = 0; at < bytes.Length;)
                {
                    int count = Math.Min(random.Next(1, 1500), bytes.Length - at);
                    state = update(state, data + at, count);
                    at += count;
                }

                Assert.Equal(EthernetCrc.UpdateTable(EthernetCrc.Start, data, bytes.Length), state);
            }
        });
    }

    [Fact]
    public void Powers_and_products_agree()
    {
        Assert.Equal(Gf32.One, Gf32.Power(0));
        Assert.Equal(Gf32.One, Gf32.Power(uint.MaxValue));
        SeededRandom.Run(100, random =>
        {
            int a = random.Next(1 << 20), b = random.Next(1 << 20);
            Assert.Equal(Gf32.Power(a + b), Gf32.Multiply(Gf32.Power(a), Gf32.Power(b)));
            Assert.Equal(Gf32.One, Gf32.Multiply(Gf32.Power(a), Gf32.Power(-a)));
            Assert.Equal(Gf32.Power(-a), PowerCache.Get(-a));
            Assert.Equal(Gf32.Power(-a), PowerCache.Get(-a));
        });
    }

    private static delegate*<uint, byte*, int, uint> Find(string way)
    {
        Assert.SkipWhen(way == "carryless128" && !EthernetCrc.IsCarryless128Supported, "the processor has no PCLMULQDQ");
        Assert.SkipWhen(
            way == "carryless256" && !EthernetCrc.IsCarryless256Supported, "the processor has no VPCLMULQDQ with AVX2");
        Assert.SkipWhen(
            way == "carryless512" && !EthernetCrc.IsCarryless512Supported, "the processor has no VPCLMULQDQ with AVX-512");
        Assert.SkipWhen(way == "arm" && !EthernetCrc.IsArmSupported, "the processor is no ARM64 with CRC instructions");
        return way switch
        {
            "table" => &EthernetCrc.UpdateTable,
            "carryless128" => &EthernetCrc.UpdateCarryless128,
            "carryless256" => &EthernetCrc.UpdateCarryless256,
            "carryless512" => &EthernetCrc.UpdateCarryless512,
            "arm" => &EthernetCrc.UpdateArm,
            "streams" => &EthernetCrc.UpdateStreams<PlainStep>,
            _ => throw new ArgumentException(way),
        };
    }

    private static uint Bitwise(uint state, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            state ^= value;
            for (int bit = 0; bit < 8; bit++)
                state = (state >> 1) ^ (0xedb88320 & (uint)-(int)(state & 1));
        }

        return state;
    }

    /// <summary>What ARM's instruction does, on any processor: the streams around it are ours to prove.</summary>
    private readonly struct PlainStep : EthernetCrc.IStep
    {
        public static uint Take(uint state, ulong word) =>
            EthernetCrc.UpdateTable(state, (byte*)Unsafe.AsPointer(ref word), 8);

        public static uint Take(uint state, byte value) =>
            EthernetCrc.UpdateTable(state, (byte*)Unsafe.AsPointer(ref value), 1);
    }
}
