using System.Globalization;

namespace Scatterlist;

/// <summary>The key by which a work request names local registered memory (lkey of ibv_reg_mr(3)).</summary>
/// <param name="Value">The number itself, as it is put on the wire or in a descriptor.</param>
public readonly record struct LocalKey(uint Value)
{
    /// <summary>The key in hexadecimal with its <c>0x</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x8}");
}
