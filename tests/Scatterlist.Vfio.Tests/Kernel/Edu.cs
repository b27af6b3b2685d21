namespace Scatterlist.Vfio.Tests.Kernel;

/// <summary>QEMU's teaching device, on vfio-pci: a buffer of 4 KiB that it fills from memory and writes to memory.</summary>
internal sealed class Edu : IDisposable
{
    internal const int MaxTransfer = 4095; // QEMU before 8.1 ends when the last byte is moved too
    private const ulong Buffer = 0x40000;
    private const nuint Live = 0x04;
    private const nuint Raise = 0x60;
    private const nuint Acknowledge = 0x64;
    private const nuint Source = 0x80;
    private const nuint Destination = 0x88;
    private const nuint Count = 0x90;
    private const nuint Command = 0x98;

    private readonly MmioWindow _registers;

    internal Edu(bool byNode)
    {
        Device = byNode ? VfioKernelDevice.OpenDeviceNode(Address) : VfioKernelDevice.OpenGroup(Address);
        try
        {
            PciConfig.Enable(Device);
            _registers = Device.MapRegion(0, 0, 4096);
        }
        catch
        {
            Device.Dispose();
            throw;
        }
    }

    /// <summary>The device's PCI address, from the environment of the guest that has one.</summary>
    internal static string Address => Environment.GetEnvironmentVariable("EDU_ADDRESS") ?? "";

    internal VfioKernelDevice Device { get; }

    internal static void SkipUnlessThere(bool byNode)
    {
        if (Address.Length == 0)
            Assert.Skip("edu: EDU_ADDRESS names no QEMU edu device on vfio-pci (run in the guest)");
        if (byNode && !File.Exists("/dev/iommu"))
            Assert.Skip("iommufd: this kernel has no /dev/iommu");
    }

    internal uint Invert(uint value)
    {
        _registers.Write32(Live, value);
        return _registers.Read32(Live);
    }

    /// <summary>Reads memory into the device's buffer.</summary>
    internal void Load(IoAddress address, int count) => Transfer(address.Value, Buffer, count, 1);

    /// <summary>Writes the device's buffer to memory.</summary>
    internal void Store(IoAddress address, int count) => Transfer(Buffer, address.Value, count, 3);

    internal void RaiseInterrupt() => _registers.Write32(Raise, 1);

    internal void AcknowledgeInterrupt() => _registers.Write32(Acknowledge, 1);

    public void Dispose()
    {
        _registers.Dispose();
        Device.Dispose();
    }

    private void Transfer(ulong source, ulong destination, int count, ulong command)
    {
        _registers.Write64(Source, source);
        _registers.Write64(Destination, destination);
        _registers.Write64(Count, (ulong)count);
        _registers.Write64(Command, command);
        Eventually.True(() => (_registers.Read64(Command) & 1) == 0, "The transfer did not end.");
    }
}
