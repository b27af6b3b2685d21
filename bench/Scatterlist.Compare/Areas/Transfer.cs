using System.Diagnostics.CodeAnalysis;

namespace Scatterlist.Compare.Areas;

internal static class Transfer
{
    /// <summary>Throws unless every byte moved: the same look at the result as the C side has.</summary>
    public static void Check(IoResult result, ulong expected)
    {
        if (result.Bytes != expected)
            Throw(result, expected);
    }

    [DoesNotReturn]
    private static void Throw(IoResult result, ulong expected) =>
        throw new CannotMeasureException($"{expected} bytes were to move; the result is: {result}.");
}
