using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <remarks>VPCLMULQDQ: the same folding, two or four times 16 bytes in a register.</remarks>
internal static unsafe partial class EthernetCrc
{
#if NET10_0_OR_GREATER
    private static readonly Vector128<ulong> Over256 = FoldOver(256);
    private static readonly Vector128<ulong> Over1024 = FoldOver(1024);
    private static readonly Vector128<ulong> Over2048 = FoldOver(2048);

    internal static bool IsCarryless256Supported => Pclmulqdq.V256.IsSupported && Avx2.IsSupported;

    internal static bool IsCarryless512Supported => Pclmulqdq.V512.IsSupported && Avx512F.IsSupported;

    internal static uint UpdateCarryless256(uint state, byte* data, int length)
    {
        if (length < 128)
            return UpdateCarryless128(state, data, length);

        Vector256<ulong> a = Load256(data) ^ Vector256.CreateScalar((ulong)state);
        Vector256<ulong> b = Load256(data + 32), c = Load256(data + 64), d = Load256(data + 96);
        data += 128;
        length -= 128;
        Vector256<ulong> over = Vector256.Create(Over1024, Over1024);
        for (; length >= 128; length -= 128, data += 128)
        {
            a = Fold(a, over) ^ Load256(data);
            b = Fold(b, over) ^ Load256(data + 32);
            c = Fold(c, over) ^ Load256(data + 64);
            d = Fold(d, over) ^ Load256(data + 96);
        }

        over = Vector256.Create(Over256, Over256);
        a = Fold(a, over) ^ b;
        a = Fold(a, over) ^ c;
        a = Fold(a, over) ^ d;
        for (; length >= 32; length -= 32, data += 32)
            a = Fold(a, over) ^ Load256(data);
        return FinishCarryless(Fold(a.GetLower(), Over128) ^ a.GetUpper(), data, length);
    }

    internal static uint UpdateCarryless512(uint state, byte* data, int length)
    {
        if (length < 256)
            return UpdateCarryless256(state, data, length);

        Vector512<ulong> a = Load512(data) ^ Vector512.CreateScalar((ulong)state);
        Vector512<ulong> b = Load512(data + 64), c = Load512(data + 128), d = Load512(data + 192);
        data += 256;
        length -= 256;
        Vector512<ulong> over = Vector512.Create(Vector256.Create(Over2048, Over2048), Vector256.Create(Over2048, Over2048));
        for (; length >= 256; length -= 256, data += 256)
        {
            a = Fold(a, over) ^ Load512(data);
            b = Fold(b, over) ^ Load512(data + 64);
            c = Fold(c, over) ^ Load512(data + 128);
            d = Fold(d, over) ^ Load512(data + 192);
        }

        over = Vector512.Create(Vector256.Create(Over512, Over512), Vector256.Create(Over512, Over512));
        a = Fold(a, over) ^ b;
        a = Fold(a, over) ^ c;
        a = Fold(a, over) ^ d;
        for (; length >= 64; length -= 64, data += 64)
            a = Fold(a, over) ^ Load512(data);
        Vector256<ulong> lower = a.GetLower(), upper = a.GetUpper();
        Vector128<ulong> last = Fold(lower.GetLower(), Over128) ^ lower.GetUpper();
        last = Fold(last, Over128) ^ upper.GetLower();
        last = Fold(last, Over128) ^ upper.GetUpper();
        return FinishCarryless(last, data, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Fold(Vector256<ulong> bits, Vector256<ulong> over) =>
        Pclmulqdq.V256.CarrylessMultiply(bits, over, 0x00) ^ Pclmulqdq.V256.CarrylessMultiply(bits, over, 0x11);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Fold(Vector512<ulong> bits, Vector512<ulong> over) =>
        Pclmulqdq.V512.CarrylessMultiply(bits, over, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(bits, over, 0x11);

    private static Vector256<ulong> Load256(byte* data) => Vector256.Load(data).AsUInt64();

    private static Vector512<ulong> Load512(byte* data) => Vector512.Load(data).AsUInt64();
#else
    internal static bool IsCarryless256Supported => false;

    internal static bool IsCarryless512Supported => false;

    internal static uint UpdateCarryless256(uint state, byte* data, int length) => UpdateTable(state, data, length);

    internal static uint UpdateCarryless512(uint state, byte* data, int length) => UpdateTable(state, data, length);
#endif
}
