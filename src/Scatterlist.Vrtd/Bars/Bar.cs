using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd;

/// <summary>One base address register of a card, as it was when asked for.</summary>
/// <remarks>Thread-safe. Source: vrtd wire specification, sections 3 (GET_BAR_INFO) and 8.</remarks>
public sealed class Bar
{
    private readonly Session _session;

    internal Bar(Session session, int device, int number, BarInfoResponse info)
    {
        _session = session;
        DeviceNumber = device;
        Number = number;
        IsUsable = info.IsUsable;
        IsInUse = info.IsInUse;
        StartAddress = info.StartAddress;
        Length = info.Length;
    }

    /// <summary>The number of the device.</summary>
    public int DeviceNumber { get; }

    /// <summary>The register's number, 0 to 5.</summary>
    public int Number { get; }

    /// <summary>Whether it can be opened.</summary>
    public bool IsUsable { get; }

    /// <summary>Whether the driver has it mapped or handed out.</summary>
    public bool IsInUse { get; }

    /// <summary>Where it is in the host's physical address space.</summary>
    public ulong StartAddress { get; }

    /// <summary>Bytes.</summary>
    public ulong Length { get; }

    /// <summary>Opens it for reads and writes.</summary>
    /// <param name="access">What it is mapped for.</param>
    /// <param name="cancellationToken">Stops waiting for the daemon.</param>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="ScatterlistException">
    /// The daemon refused, or what it handed over cannot be mapped or is shorter than it says.
    /// </exception>
    public BarFile OpenFile(
        MmioAccess access = MmioAccess.ReadWrite, CancellationToken cancellationToken = default)
    {
        (ulong length, FileDescriptor descriptor) =
            _session.Client.GetBarDescriptor(DeviceNumber, Number, cancellationToken);
        return BarFile.Open(DeviceNumber, Number, length, descriptor, access);
    }

    /// <summary>For people.</summary>
    public override string ToString() => $"BAR {Number} of device {DeviceNumber}, {Length} bytes";
}
