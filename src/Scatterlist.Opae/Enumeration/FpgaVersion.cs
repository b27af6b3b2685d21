using System.Globalization;

namespace Scatterlist.Opae;

/// <summary>A version of a bitstream or an interface (<c>fpga_version</c>).</summary>
/// <param name="Major">Changes break callers.</param>
/// <param name="Minor">Additions.</param>
/// <param name="Patch">Corrections.</param>
public readonly record struct FpgaVersion(byte Major, byte Minor, ushort Patch)
{
    /// <summary>As <c>2.1.0</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}");
}
