using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <remarks>
/// PCLMULQDQ. 16 bytes are a polynomial whose first bit has the highest power; what they contribute to a place D bits
/// further on is their first half times x^(D + 64) plus their second half times x^D, which modulo the polynomial are
/// two carry-less products. The bit order makes a product one power of x too high, so the constants are one lower.
/// </remarks>
internal static unsafe partial class EthernetCrc
{
    private static readonly Vector128<ulong> Over128 = FoldOver(128);
    private static readonly Vector128<ulong> Over512 = FoldOver(512);

    // x^95 and x^63: what takes 128 bits and the 32 zeros behind them down to 64.
    private static readonly Vector128<ulong> Reduce =
        Vector128.Create((ulong)Gf32.Power(95) << 32, (ulong)Gf32.Power(63) << 32);

    // Barrett's pair: floor(x^64 / P), and P, 33 bits each with bit 0 the highest power.
    private static readonly Vector128<ulong> Barrett = Vector128.Create(Quotient(), ((ulong)Gf32.Polynomial << 1) | 1);

    internal static bool IsCarryless128Supported => Pclmulqdq.IsSupported && Sse2.IsSupported;

    internal static uint UpdateCarryless128(uint state, byte* data, int length)
    {
        if (length < 16)
            return UpdateTail(state, data, length);

        Vector128<ulong> a = Load128(data) ^ Vector128.CreateScalar((ulong)state);
        data += 16;
        length -= 16;
        if (length >= 48 + 64)
        {
            Vector128<ulong> b = Load128(data), c = Load128(data + 16), d = Load128(data + 32);
            data += 48;
            length -= 48;
            Vector128<ulong> over = Over512;
            for (; length >= 64; length -= 64, data += 64)
            {
                a = Fold(a, over) ^ Load128(data);
                b = Fold(b, over) ^ Load128(data + 16);
                c = Fold(c, over) ^ Load128(data + 32);
                d = Fold(d, over) ^ Load128(data + 48);
            }

            a = Fold(a, Over128) ^ b;
            a = Fold(a, Over128) ^ c;
            a = Fold(a, Over128) ^ d;
        }

        return FinishCarryless(a, data, length);
    }

    /// <summary>Takes what lies behind 16 bytes that stand for all before.</summary>
    private static uint FinishCarryless(Vector128<ulong> a, byte* data, int length)
    {
        Vector128<ulong> over = Over128;
        for (; length >= 16; length -= 16, data += 16)
            a = Fold(a, over) ^ Load128(data);

        ulong second = a.GetElement(1);
        Vector128<ulong> rest = Pclmulqdq.CarrylessMultiply(a, Reduce, 0x00)
            ^ Vector128.Create(second << 32, second >> 32);
        return UpdateTail(Reduce96(rest), data, length);
    }

    private static uint UpdateTail(uint state, byte* data, int length)
    {
        if (length >= 8)
        {
            ulong word = Load64(data) ^ state;
            state = Reduce96(Vector128.Create(word << 32, word >> 32));
            data += 8;
            length -= 8;
        }

        if (length >= 4)
        {
            state = ReduceBarrett(Load32(data) ^ state);
            data += 4;
            length -= 4;
        }

        for (; length > 0; length--, data++)
            state = (state >> 8) ^ Tables[(byte)(state ^ *data)];
        return state;
    }

    /// <summary>96 bits, the lowest powers last, modulo the polynomial.</summary>
    private static uint Reduce96(Vector128<ulong> bits) =>
        ReduceBarrett((Pclmulqdq.CarrylessMultiply(bits, Reduce, 0x10) ^ bits).GetElement(1));

    /// <summary>64 bits modulo the polynomial.</summary>
    private static uint ReduceBarrett(ulong bits)
    {
        Vector128<ulong> quotient =
            Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar((ulong)(uint)bits), Barrett, 0x00);
        Vector128<ulong> multiple = Pclmulqdq.CarrylessMultiply(
            Vector128.CreateScalar((ulong)(uint)quotient.ToScalar()), Barrett, 0x10);
        return (uint)((bits ^ multiple.ToScalar()) >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector128<ulong> bits, Vector128<ulong> over) =>
        Pclmulqdq.CarrylessMultiply(bits, over, 0x00) ^ Pclmulqdq.CarrylessMultiply(bits, over, 0x11);

    private static Vector128<ulong> Load128(byte* data) => Vector128.Load(data).AsUInt64();

    private static Vector128<ulong> FoldOver(int bits) => Vector128.Create(
        (ulong)Gf32.Power(bits + 63) << 32, (ulong)Gf32.Power(bits - 1) << 32);

    /// <summary>floor(x^64 / P), its highest power in bit 0.</summary>
    private static ulong Quotient()
    {
        const ulong Divisor = 0x1_04c1_1db7; // the polynomial with its highest power first
        ulong quotient = 0, rest = 0;
        for (int power = 64; power >= 0; power--)
        {
            rest = (rest << 1) | (power == 64 ? 1ul : 0);
            if ((rest >> 32) == 0)
                continue;
            rest ^= Divisor;
            quotient |= 1ul << (32 - power);
        }

        return quotient;
    }
}
