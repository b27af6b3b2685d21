using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Machine;

/// <summary>A device as it would be if it could not signal by messages (MSI and MSI-X).</summary>
internal sealed class IntxOnly(IVfioDevice device) : IVfioDevice
{
    public string Name => device.Name;

    public NativeHandle Handle => device.Handle;

    public bool IsDisposed => device.IsDisposed;

    public VfioDeviceInfo Info => device.Info;

    public IReadOnlyList<VfioRegionInfo> Regions => device.Regions;

    public IReadOnlyList<VfioInterruptInfo> Interrupts => [device.Interrupts[(int)InterruptKind.Intx]];

    public IReadOnlyList<IoAddressRange> IoAddressRanges => device.IoAddressRanges;

    public ulong PageSizes => device.PageSizes;

    public uint? AvailableMappings => device.AvailableMappings;

    public MmioWindow MapRegion(int region, ulong offset, nuint length, MmioAccess access) =>
        device.MapRegion(region, offset, length, access);

    public Errno ReadRegion(int region, ulong offset, Span<byte> destination) =>
        device.ReadRegion(region, offset, destination);

    public Errno WriteRegion(int region, ulong offset, ReadOnlySpan<byte> source) =>
        device.WriteRegion(region, offset, source);

    public void SetInterrupts(InterruptKind kind, int first, ReadOnlySpan<FileDescriptor?> events) =>
        device.SetInterrupts(kind, first, events);

    public void DisableInterrupts(InterruptKind kind) => device.DisableInterrupts(kind);

    public void TriggerInterrupt(InterruptKind kind, int vector) => device.TriggerInterrupt(kind, vector);

    public void MaskInterrupt(InterruptKind kind, int vector) => device.MaskInterrupt(kind, vector);

    public void UnmaskInterrupt(InterruptKind kind, int vector) => device.UnmaskInterrupt(kind, vector);

    public DmaMapping MapDma(in DmaMapRequest request) => device.MapDma(in request);

    public void Reset() => device.Reset();

    public void Dispose() => device.Dispose();
}
