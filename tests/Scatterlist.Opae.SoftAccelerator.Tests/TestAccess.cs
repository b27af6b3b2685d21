using Scatterlist.Opae.Ports;
using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Tests;

/// <summary>What users of an accelerator have no business with.</summary>
internal static class TestAccess
{
    internal static void WriteConfig(this Accelerator accelerator, ulong offset, ReadOnlySpan<byte> bytes) => Assert.Equal(
        Errno.None, ((VfioPort)accelerator.Port).Device.WriteRegion(PciRegion.Config, offset, bytes));
}
