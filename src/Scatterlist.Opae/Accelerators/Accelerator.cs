using System.Globalization;
using Scatterlist.Opae.Ports;

namespace Scatterlist.Opae;

/// <summary>
/// An accelerator that is open: its registers, its events, and the host memory that it shares. Made by
/// <see cref="Token.Open(FpgaOpenFlags)"/>.
/// </summary>
/// <remarks>
/// Closing it frees everything: buffers are taken from the device, events unregistered. Thread-safe; no lock is held
/// while memory is mapped or cleared.
/// </remarks>
public sealed partial class Accelerator : IDisposable
{
    private readonly BufferList _buffers = new();
    private readonly KeptPages _kept = new();
    private readonly Lock _eventGate = new();
    private readonly Dictionary<uint, AcceleratorEvent> _events = [];
    private volatile bool _isDisposed;

    internal Accelerator(Token token, AcceleratorPort port)
    {
        Token = token;
        Port = port;
        try
        {
            Features = ReadFeatures();
        }
        catch
        {
            port.Dispose();
            throw;
        }
    }

    /// <summary>The token that it was opened from.</summary>
    public Token Token { get; }

    /// <summary>What is known of it.</summary>
    public FpgaProperties Properties => Token.Properties;

    /// <summary>The features that its registers list, the accelerator function itself first.</summary>
    public IReadOnlyList<DeviceFeature> Features { get; }

    /// <summary>The accelerator's GUID, from its own registers; null when they have none.</summary>
    public Guid? Guid => Features.FirstOrDefault(feature => feature.Header.Type == FeatureType.Accelerator)?.Id;

    /// <summary>Whether it was disposed.</summary>
    public bool IsDisposed => _isDisposed;

    /// <summary>Whether memory of the caller's own can be shared: the probe of <c>buffer.h</c>.</summary>
    public bool SupportsPreallocated => Port.SupportsPreallocated;

    /// <summary>Whether <see cref="Reset"/> is possible.</summary>
    public bool CanReset => Port.CanReset;

    /// <summary>Interrupt vectors that events can be registered for.</summary>
    public uint InterruptCount => Port.InterruptCount;

    /// <summary>Buffers that are prepared now. A pool is one, and each part of it that is rented another.</summary>
    public int BufferCount => _buffers.Count;

    internal AcceleratorPort Port { get; }

    /// <summary>
    /// Resets the device. Its registers return to their first values; shared buffers stay where they are.
    /// </summary>
    /// <exception cref="FpgaException"><see cref="FpgaResult.NotSupported"/> when the device has no reset.</exception>
    /// <exception cref="ObjectDisposedException">The accelerator is closed.</exception>
    public void Reset()
    {
        using Use use = Enter();
        if (!Port.CanReset)
        {
            throw new FpgaException(
                "Reset()", FpgaResult.NotSupported, detail: "the device has no reset (VFIO_DEVICE_FLAGS_RESET is clear)",
                remedy: "cat /sys/bus/pci/devices/ADDRESS/reset_method shows what the kernel could use; empty is none.");
        }

        Port.Reset();
    }

    /// <summary>Releases every buffer and event and closes the device. Idempotent.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        AcceleratorEvent[] events;
        lock (_eventGate)
            events = [.. _events.Values];
        foreach (AcceleratorEvent @event in events)
            @event.Dispose();
        foreach (SharedBuffer buffer in _buffers.Close()) // one that is being prepared now is refused at its end
            buffer.Dispose();
        _kept.Dispose();
        Port.Dispose();
    }

    internal void Forget(SharedBuffer buffer) => _buffers.Remove(buffer);

    internal ulong NumberOf(SharedBuffer buffer) => _buffers.NumberOf(buffer);

    internal bool TryKeep(HostBuffer page) => _kept.TryKeep(page);

    internal void Forget(SharedBufferPool pool) => _buffers.Remove(pool);

    private Use Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new Use(Port.Handle);
    }

    private IReadOnlyList<DeviceFeature> ReadFeatures() => Port.MmioLengths.Count == 0 || Port.MmioLengths[0] < 8
        ? []
        : FeatureList.Read(Port.MmioLengths[0], offset => Port.Read64(0, offset));

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    /// <summary>A call that is under way, which a close waits for.</summary>
    private readonly ref struct Use
    {
        private readonly NativeHandle _handle;

        internal Use(NativeHandle handle)
        {
            bool held = false;
            handle.DangerousAddRef(ref held);
            _handle = handle;
        }

        public void Dispose() => _handle.DangerousRelease();
    }
}
