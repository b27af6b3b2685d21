using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.Tests.LibIbverbs;

/// <summary>What the tests' driver has counted in this process.</summary>
internal static unsafe class FakeNicCounts
{
    private static readonly delegate* unmanaged<int, int> Count = Find();

    internal static int OpenContexts => Count(0);

    internal static int Batches => Count(1);

    internal static int Lists => Count(2);

    internal static int DeviceMemories => Count(3);

    private static delegate* unmanaged<int, int> Find() => (delegate* unmanaged<int, int>)NativeLibrary.GetExport(
        NativeLibrary.Load(Environment.GetEnvironmentVariable(FakeNic.LibraryVariable)!), "fakenic_count");
}
