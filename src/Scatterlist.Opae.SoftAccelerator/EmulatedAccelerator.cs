using Scatterlist.Opae.SoftAccelerator.Models;
using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator;

/// <summary>
/// An accelerator made of software: the host exerciser or NLB0, with its feature header and GUID, MSI-X, and an IOMMU
/// table of its own. It copies by memory copies, on its own thread. No card, no root and no kernel module are needed.
/// </summary>
/// <remarks>
/// It is used within the process (<see cref="Provider"/>, <see cref="Open"/>), or served to other processes as a
/// vfio-user device (<see cref="Serve"/>). It has one client at a time; its state outlives the client. Memory that a
/// client did not share, took back, or shared read-only is out of its reach: an access faults, is reported, and touches
/// nothing. Thread-safe.
/// </remarks>
public sealed class EmulatedAccelerator : IDisposable
{
    private readonly LoopbackModel _model;
    private int _isDisposed;

    /// <summary>Makes an accelerator.</summary>
    /// <param name="options">How it behaves; the defaults when null.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public EmulatedAccelerator(EmulatedAcceleratorOptions? options = null)
    {
        options ??= EmulatedAcceleratorOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ClockMegahertz, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.ClockMegahertz, ushort.MaxValue, nameof(options));
        Options = options;
        _model = options.Kind switch
        {
            AcceleratorKind.HostExerciserLoopback =>
                new HostExerciserModel(AcceleratorIds.HostExerciserLoopback, options),
            AcceleratorKind.HostExerciserMemory => new HostExerciserModel(AcceleratorIds.HostExerciserMemory, options),
            AcceleratorKind.NativeLoopback => new NativeLoopbackModel(options),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Kind, "There is no such accelerator."),
        };
        Name = $"soft-{AcceleratorIds.NameOf(Id)!.ToLowerInvariant()}";
        Provider = VfioFpgaProvider.FromDevice(
            Name, OpenDevice, new VfioFpgaProviderOptions { LoggerFactory = options.LoggerFactory });
    }

    /// <summary>What it was made with.</summary>
    public EmulatedAcceleratorOptions Options { get; }

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>Its GUID.</summary>
    public Guid Id => Options.Kind switch
    {
        AcceleratorKind.HostExerciserMemory => AcceleratorIds.HostExerciserMemory,
        AcceleratorKind.NativeLoopback => AcceleratorIds.NativeLoopback,
        _ => AcceleratorIds.HostExerciserLoopback,
    };

    /// <summary>The device model.</summary>
    public VfioDeviceModel Model => _model;

    /// <summary>Lists this accelerator, and opens it within the process.</summary>
    public VfioFpgaProvider Provider { get; }

    /// <summary>The last faults, at most 256, oldest first.</summary>
    public IReadOnlyList<DmaFault> Faults => _model.Engine.Faults.GetLast();

    /// <summary>What it has done.</summary>
    public EmulatedAcceleratorStatistics GetStatistics() => _model.Engine.GetStatistics();

    /// <summary>Serves it to other processes by the vfio-user protocol, one client at a time.</summary>
    /// <param name="socketPath">Where to listen.</param>
    /// <param name="options">How; null for the defaults: the user alone may connect.</param>
    /// <returns>The server, which the caller disposes before the accelerator.</returns>
    /// <exception cref="VfioException">The socket cannot be made; somebody listens there (EADDRINUSE).</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public VfioUserServer Serve(string socketPath, VfioUserServerOptions? options = null)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        return VfioUserServer.Start(socketPath, _model, options);
    }

    /// <summary>Opens it within the process.</summary>
    /// <returns>The accelerator, which the caller owns.</returns>
    /// <exception cref="FpgaException"><see cref="FpgaResult.Busy"/>: it has a client already.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public Accelerator Open()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        // Not by an enumeration, which would open it once more.
        return Provider.GetTokens(inspect: false).Single().Open();
    }

    /// <summary>Stops its thread. Clients find a device that does nothing any more. Idempotent.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            _model.Dispose();
    }

    private InProcessDevice OpenDevice()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        return InProcessDevice.Open(_model, Name, Options.Addresses);
    }
}
