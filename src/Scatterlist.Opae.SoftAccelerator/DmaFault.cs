using System.Globalization;
using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator;

/// <summary>An access to host memory that the accelerator's IOMMU table stopped. It touched nothing.</summary>
/// <param name="Address">The first address that could not be reached.</param>
/// <param name="Access">What the accelerator wanted to do.</param>
/// <param name="Reason">Why it was stopped.</param>
/// <param name="RangeStart">Where the whole access starts.</param>
/// <param name="RangeLength">Bytes of the whole access.</param>
public readonly record struct DmaFault(
    IoAddress Address, DmaAccess Access, DmaFaultReason Reason, IoAddress RangeStart, ulong RangeLength)
{
    /// <summary>For people: <c>Write fault at 0x3000: NotPermitted (range 0x2000+8192)</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Access} fault at {Address}: {Reason} (range {RangeStart}+{RangeLength})");
}
