namespace Scatterlist.Abi.Tests;

/// <summary>What <c>src/Scatterlist.Opae</c> mirrors of the C library.</summary>
internal static class OpaeAbi
{
    internal static AbiTable Table { get; } = new AbiTable("Scatterlist.Opae", "unistd.h")
        .Constants("Scatterlist.Opae.Interop.LibC", ("ReadOk", "R_OK"), ("WriteOk", "W_OK"));
}
