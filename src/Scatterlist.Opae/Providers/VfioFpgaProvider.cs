using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging;
using Scatterlist.Diagnostics;
using Scatterlist.Opae.Ports;
using Scatterlist.Opae.Providers;
using Scatterlist.Vfio;

namespace Scatterlist.Opae;

/// <summary>
/// Accelerators that are VFIO devices, whatever the transport: bound to vfio-pci in this machine, behind a vfio-user
/// socket, or a device model in this process. A device whose BAR 0 begins with a feature header is one accelerator.
/// </summary>
/// <remarks>
/// An enumeration opens each device for a moment to read its GUID, as OPAE's own plugin does. A device that somebody has
/// open is listed as <see cref="AcceleratorState.Assigned"/>, without a GUID.
/// </remarks>
public sealed partial class VfioFpgaProvider : FpgaProvider
{
    private static readonly TimeSpan BusyPatience = TimeSpan.FromMilliseconds(100);

    private readonly Func<IEnumerable<DeviceCandidate>> _candidates;
    private readonly VfioPortOptions _port;
    private readonly FpgaInterface _interface;
    private readonly ILogger? _logger;
    private readonly bool _listsUnopenable;

    private VfioFpgaProvider(
        string name, Func<IEnumerable<DeviceCandidate>> candidates, FpgaInterface way, bool usesMemFd,
        bool listsUnopenable, VfioFpgaProviderOptions? options)
    {
        options ??= VfioFpgaProviderOptions.Default;
        Name = name;
        _candidates = candidates;
        _interface = way;
        _listsUnopenable = listsUnopenable;
        _port = new VfioPortOptions(options.UseMemFd ?? usesMemFd, options.HighestIoAddress);
        _logger = options.LoggerFactory?.CreateLogger(ScatterlistDiagnostics.OpaeLogCategory);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>One device, opened by a function: a device model in this process, or any other VFIO device.</summary>
    /// <param name="name">What the device is called.</param>
    /// <param name="open">Opens it; called for each enumeration and each open. It throws EBUSY when somebody has it.</param>
    /// <param name="options">How it is reached; null for the defaults.</param>
    /// <param name="way">What <see cref="FpgaProperties.Interface"/> says.</param>
    public static VfioFpgaProvider FromDevice(
        string name, Func<IVfioDevice> open, VfioFpgaProviderOptions? options = null,
        FpgaInterface way = FpgaInterface.SimulatedVfio)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(open);
        DeviceCandidate[] one = [new(name, open, new FpgaProperties())];
        return new VfioFpgaProvider("device", () => one, way, usesMemFd: false, listsUnopenable: false, options);
    }

    /// <summary>This machine's PCI devices that are bound to vfio-pci.</summary>
    /// <param name="options">How they are reached; null for the defaults.</param>
    public static VfioFpgaProvider FromSystem(VfioFpgaProviderOptions? options = null) => new(
        "vfio", () => SystemDevices.Find(), FpgaInterface.Vfio, usesMemFd: false, listsUnopenable: true, options);

    /// <summary>One device that another process serves by the vfio-user protocol.</summary>
    /// <param name="socketPath">The server's socket.</param>
    /// <param name="options">How it is reached; null for the defaults. Our own memory is a memfd, which the server maps.
    /// </param>
    public static VfioFpgaProvider FromSocket(string socketPath, VfioFpgaProviderOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(socketPath);
        DeviceCandidate[] one = [new(socketPath, () => Connect(socketPath), new FpgaProperties())];
        return new VfioFpgaProvider(
            "vfio-user", () => one, FpgaInterface.SimulatedVfio, usesMemFd: true, listsUnopenable: false, options);
    }

    internal override IEnumerable<Token> GetTokens() => GetTokens(inspect: true);

    /// <summary>The tokens, with or without what an opened device tells of itself.</summary>
    internal IEnumerable<Token> GetTokens(bool inspect)
    {
        foreach (DeviceCandidate candidate in _candidates())
        {
            if ((inspect ? Inspect(candidate) : Basics(candidate)) is { } properties)
            {
                yield return new Token(
                    this, candidate.Name, properties, _ => new VfioPort(Open(candidate), _port), _logger);
            }
        }
    }

    // A server notices that its last client is gone a moment after that has closed its connection.
    private static VfioUserDevice Connect(string socketPath)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return VfioUserDevice.Connect(socketPath);
            }
            catch (VfioException exception) when (
                exception.Errno == Errno.EBUSY && Stopwatch.GetElapsedTime(start) < BusyPatience)
            {
                Thread.Sleep(1);
            }
        }
    }

    private static IVfioDevice Open(DeviceCandidate candidate)
    {
        try
        {
            return candidate.Open();
        }
        catch (ScatterlistException exception) when (exception is not FpgaException)
        {
            throw Failures.Opening(candidate.Name, exception);
        }
    }

    private FpgaProperties Basics(DeviceCandidate candidate) => candidate.Known with
    {
        ObjectType = FpgaObjectType.Accelerator,
        Interface = _interface,
        ObjectId = candidate.Known.ObjectId ?? HashOf(candidate.Name),
    };

    // Null for a device that is no accelerator.
    private FpgaProperties? Inspect(DeviceCandidate candidate)
    {
        FpgaProperties known = Basics(candidate);
        try
        {
            using var port = new VfioPort(Open(candidate), _port);
            IReadOnlyList<DeviceFeature> features = port.MmioLengths.Count == 0
                ? []
                : FeatureList.Read(port.MmioLengths[0], offset => port.Read64(0, offset));
            DeviceFeature? function = features.Count == 0 ? null : features[0];
            return WithIds(known, port.Device) with
            {
                Guid = function?.Header.Type == FeatureType.Accelerator ? function.Id : null,
                MmioCount = (uint)port.MmioLengths.Count,
                InterruptCount = port.InterruptCount,
                State = AcceleratorState.Unassigned,
            };
        }
        catch (FpgaException exception) when (exception.Result == FpgaResult.Busy)
        {
            return known with { State = AcceleratorState.Assigned };
        }
        catch (FpgaException exception) when (_listsUnopenable)
        {
            if (_logger is not null)
                OpaeLog.NotOpened(_logger, candidate.Name, exception);
            return known;
        }
    }

    private static FpgaProperties WithIds(FpgaProperties known, IVfioDevice device)
    {
        if (known.VendorId is not null || !device.Info.IsPci || device.Regions.Count <= PciRegion.Config)
            return known;
        Span<byte> header = stackalloc byte[64];
        if (device.ReadRegion(PciRegion.Config, 0, header) != Errno.None)
            return known;
        return known with
        {
            VendorId = BinaryPrimitives.ReadUInt16LittleEndian(header),
            DeviceId = BinaryPrimitives.ReadUInt16LittleEndian(header[2..]),
            SubsystemVendorId = BinaryPrimitives.ReadUInt16LittleEndian(header[0x2c..]),
            SubsystemDeviceId = BinaryPrimitives.ReadUInt16LittleEndian(header[0x2e..]),
        };
    }

    // FNV-1a: the same number for the same name, in every process.
    private static ulong HashOf(string name)
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (byte one in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ one) * 0x100000001b3;
        return hash;
    }
}
