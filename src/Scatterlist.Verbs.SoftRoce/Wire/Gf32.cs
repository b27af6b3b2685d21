namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>
/// Polynomials over GF(2) modulo that of Ethernet's CRC-32, in the bit order of its register: bit 31 is x^0.
/// </summary>
internal static class Gf32
{
    /// <summary>The polynomial without its x^32.</summary>
    internal const uint Polynomial = 0xedb8_8320;

    /// <summary>One: x^0.</summary>
    internal const uint One = 0x8000_0000;

    private const long Order = uint.MaxValue; // the polynomial is primitive: x^n repeats after 2^32 - 1

    // x^(2^i)
    private static readonly uint[] Squares = MakeSquares();

    /// <summary>a * b.</summary>
    internal static uint Multiply(uint a, uint b)
    {
        uint product = 0;
        while (a != 0)
        {
            product ^= b & (uint)((int)a >> 31);
            a <<= 1;
            b = TimesX(b);
        }

        return product;
    }

    /// <summary>x^n; a negative n divides.</summary>
    internal static uint Power(long n)
    {
        n = ((n % Order) + Order) % Order;
        uint power = One;
        for (int i = 0; n != 0; i++, n >>= 1)
        {
            if ((n & 1) != 0)
                power = Multiply(power, Squares[i]);
        }

        return power;
    }

    private static uint TimesX(uint a) => (a >> 1) ^ (Polynomial & (uint)-(int)(a & 1));

    private static uint[] MakeSquares()
    {
        var squares = new uint[32];
        squares[0] = One >> 1;
        for (int i = 1; i < squares.Length; i++)
            squares[i] = Multiply(squares[i - 1], squares[i - 1]);
        return squares;
    }
}
