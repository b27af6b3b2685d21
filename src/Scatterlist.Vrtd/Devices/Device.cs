using Scatterlist.Vrtd.Client;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd;

/// <summary>
/// A card, as the daemon described it when asked: the values do not change afterwards. Its calls go through the session
/// that it came from, which has to be open.
/// </summary>
/// <remarks>Thread-safe. Source: vrtd wire specification, section 11.3.</remarks>
public sealed partial class Device
{
    private readonly Session _session;

    internal Device(Session session, int number, DeviceInfoResponse info)
    {
        _session = session;
        Number = number;
        Name = info.Name;
        Bdf = info.Bdf;
        VendorId = info.VendorId;
        DeviceId = info.DeviceId;
        SubsystemVendorId = info.SubsystemVendorId;
        SubsystemDeviceId = info.SubsystemDeviceId;
        Shell = info.Shell;
        IsJtagBoot = info.IsJtagBoot;
    }

    /// <summary>The device's number.</summary>
    public int Number { get; }

    /// <summary>The name of its control node, such as <c>slash_ctl0</c>.</summary>
    public string Name { get; }

    /// <summary>The board's PCI address, <c>DDDD:BB:DD</c>, without a function.</summary>
    public string Bdf { get; }

    /// <summary>The PCI vendor.</summary>
    public int VendorId { get; }

    /// <summary>The PCI device.</summary>
    public int DeviceId { get; }

    /// <summary>The PCI subsystem vendor.</summary>
    public int SubsystemVendorId { get; }

    /// <summary>The PCI subsystem device.</summary>
    public int SubsystemDeviceId { get; }

    /// <summary>The shell that it runs; <see cref="ShellType.Unknown"/> from a daemon below version 2.</summary>
    public ShellType Shell { get; }

    /// <summary>Whether it was booted by JTAG; false from a daemon below version 2.</summary>
    public bool IsJtagBoot { get; }

    /// <summary>The session that it came from.</summary>
    public Session Session => _session;

    private DaemonClient Client => _session.Client;

    /// <summary>Asks for a base address register.</summary>
    /// <param name="number">0 to 5.</param>
    /// <param name="cancellationToken">Stops waiting for the daemon; the session stays usable.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is not 0 to 5.</exception>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="VrtdException">The daemon refused; the message has the remedy.</exception>
    public Bar GetBar(int number, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, 5);
        return new Bar(_session, Number, number, Client.GetBarInfo(Number, number, cancellationToken));
    }

    /// <summary>Asks what its QDMA engine has.</summary>
    /// <inheritdoc cref="GetSensors"/>
    public QdmaInfo GetQdmaInfo(CancellationToken cancellationToken = default) =>
        _session.GetQdmaInfo(Number, cancellationToken);

    /// <summary>Reads its sensors.</summary>
    /// <param name="cancellationToken">Stops waiting for the daemon; the session stays usable.</param>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="VrtdException">The daemon refused; the message has the remedy.</exception>
    public IReadOnlyList<Sensor> GetSensors(CancellationToken cancellationToken = default) =>
        Array.ConvertAll(
            Client.GetSensors(Number, cancellationToken),
            static record => new Sensor(record.Name, record.Type, record.Status, record.UnitExponent, record.Value));

    /// <summary>For people.</summary>
    public override string ToString() => $"device {Number}, {Name} at {Bdf}";
}
