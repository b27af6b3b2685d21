using Microsoft.Extensions.Logging;
using Scatterlist.Diagnostics;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// How an emulated daemon behaves. The defaults suit every client; the switches reproduce particular daemons, with
/// their limits and defects. Section numbers are those of the vrtd wire specification.
/// </summary>
public sealed record EmulatorOptions
{
    /// <summary>The largest <see cref="DeviceCount"/>.</summary>
    public const int MaxDevices = 32;

    /// <summary>
    /// Where to listen, or null to serve only the connections that this process opens or hands in. A missing directory
    /// is made, for the user alone.
    /// </summary>
    public string? SocketPath { get; init; }

    /// <summary>The permissions of the socket file: the user's alone by default.</summary>
    public UnixFileMode SocketMode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Which daemon to pass for.</summary>
    public WireProfile Profile { get; init; } = WireProfile.Version1;

    /// <summary>
    /// Whether request bodies are read as a real daemon of this profile reads them (§13.1: version 1 misreads the long
    /// forms, version 2 refuses the short ones). Otherwise each request is answered in the shape that it has.
    /// </summary>
    public bool ExactShapes { get; init; }

    /// <summary>Whether a GET_NUM_DEVICES without its byte is refused, as real daemons do (§3).</summary>
    public bool RejectEmptyDeviceCount { get; init; }

    /// <summary>How many cards there are, 0 to <see cref="MaxDevices"/>.</summary>
    public int DeviceCount { get; init; } = 1;

    /// <summary>
    /// Queue pairs a card has, 1 to 4096, with the one that the design writer takes. 64 allows 63 buffers in version 1
    /// and 31 in version 2 (§6).
    /// </summary>
    public int QueuePairLimit { get; init; } = 64;

    /// <summary>Clients at a time, at least 1; one more is turned away by closing its connection.</summary>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>Whether buffers share the card's memory.</summary>
    public MemoryIsolation Isolation { get; init; }

    /// <summary>
    /// Whether memory is zeroed, and its pages given back, when its owner frees it or disconnects. A real card does
    /// not (§6).
    /// </summary>
    public bool ZeroFreedMemory { get; init; } = true;

    /// <summary>Version 1's defect: raw buffers cannot be closed and outlive their connection (§5).</summary>
    public bool LeakRawBuffers { get; init; }

    /// <summary>Whether there is a hotplug driver; without, hotplug requests fail with INVALID_ARGUMENT.</summary>
    public bool HasHotplug { get; init; } = true;

    /// <summary>Whether there is a clock driver; without, clock requests fail with NOEXIST.</summary>
    public bool HasClocks { get; init; } = true;

    /// <summary>
    /// Whether there is a design writer, which takes a queue pair; without, writes fail with NOEXIST.
    /// </summary>
    public bool HasDesignWriter { get; init; } = true;

    /// <summary>The shell that the cards run at first (version 2).</summary>
    public ShellType Shell { get; init; } = ShellType.Compute;

    /// <summary>Whether JTAG booted the cards, so that the daemon does not switch their shell (version 2).</summary>
    public bool IsJtagBoot { get; init; }

    /// <summary>How long a reset of a card takes; it is away meanwhile.</summary>
    public TimeSpan ResetDuration { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Who may do what; full access for everybody who can connect when null and no path is given.</summary>
    public VrtdConfiguration? Configuration { get; init; }

    /// <summary>A vrtd.conf, read at the start and by <see cref="EmulatedDaemon.ReloadConfiguration"/>.</summary>
    public string? ConfigurationPath { get; init; }

    /// <summary>The faults to inject; rules can be added and removed while the daemon runs.</summary>
    public FaultInjection Faults { get; init; } = new();

    /// <summary>
    /// Called after each answer, on the connection's thread: it must be quick, thread-safe and must not throw.
    /// </summary>
    public Action<RequestTrace>? Trace { get; init; }

    /// <summary>
    /// Where the daemon logs the clients that it disconnects or turns away, under
    /// <see cref="ScatterlistDiagnostics.VrtdEmulatorLogCategory"/>; null for nowhere. It stays the caller's.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>The longest design, in bytes: the daemon's limit, which only tests lower.</summary>
    internal ulong MaxDesignLength { get; init; } = 1UL << 30;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(DeviceCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(DeviceCount, MaxDevices);
        ArgumentOutOfRangeException.ThrowIfLessThan(QueuePairLimit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(QueuePairLimit, 4096);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConnections, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ResetDuration, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(Faults);
        if (Configuration is not null && ConfigurationPath is not null)
            throw new ArgumentException("Give a configuration or the path of one, not both.");
    }
}
