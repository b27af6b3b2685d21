namespace Scatterlist.Abi.Tests.Interop;

/// <summary>A mirror that is wrong on purpose: it shows that the proofs find it.</summary>
internal struct Mirrored(nuint length, int before, int narrow)
{
    internal const int Flag = 1;

    internal nuint Length = length;
    internal int Before = before;
    internal int Narrow = narrow;
}
