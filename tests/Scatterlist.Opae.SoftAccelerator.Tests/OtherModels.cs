using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Tests;

/// <summary>A PCI device whose registers are memory that can be mapped, and whose only interrupt is the INTx line.</summary>
internal sealed class MappedModel : PciDeviceModel
{
    internal const int Length = 64 << 10;

    internal MappedModel()
        : base(new PciDeviceDescription
        {
            VendorId = 0x1234,
            DeviceId = 0x11e8,
            HasIntx = true,
            Bars = [new PciBar(0, Length) { MappableAreas = [new RegionArea(0, Length)] }],
        })
    {
    }

    /// <summary>The registers.</summary>
    internal HostBuffer Registers { get; } = HostBuffer.Allocate(Length, new HostBufferOptions { IsShareable = true });

    protected override FileDescriptor? GetRegionMemory(int region, out ulong offset)
    {
        offset = 0;
        return region == 0 ? Registers.Descriptor : null;
    }

    protected override Errno ReadBar(int bar, ulong offset, Span<byte> destination)
    {
        Registers.AsSpan().Slice((int)offset, destination.Length).CopyTo(destination);
        return Errno.None;
    }

    protected override Errno WriteBar(int bar, ulong offset, ReadOnlySpan<byte> source)
    {
        source.CopyTo(Registers.AsSpan()[(int)offset..]);
        return Errno.None;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Registers.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>A device without PCI, interrupts and reset, whose registers fail when they are told to.</summary>
internal sealed class BareModel() : VfioDeviceModel(
    [new VfioRegionInfo(0, 4096, RegionFlags.Read | RegionFlags.Write)], new Dictionary<InterruptKind, int>(),
    isPci: false, isResetSupported: false)
{
    internal Errno Answer { get; set; }

    protected override Errno ReadRegion(int region, ulong offset, Span<byte> destination)
    {
        destination.Clear();
        return Answer;
    }

    protected override Errno WriteRegion(int region, ulong offset, ReadOnlySpan<byte> source) => Answer;
}
