using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Scatterlist.Opae;

/// <summary>
/// Drives an accelerator that copies host memory: the host exerciser (HE-LB, HE-MEM) or NLB0, real or emulated. Starting
/// a run and looking for its end allocate nothing.
/// </summary>
/// <remarks>
/// One run at a time. Not thread-safe. Disposing it stops a run and releases the status page; the accelerator stays
/// open. Source: the register maps of OFS's host exerciser and of NLB0.
/// </remarks>
public sealed class LoopbackExerciser : IDisposable
{
    /// <summary>The unit of lengths and addresses: a cache line, in bytes.</summary>
    public const int LineSize = 64;

    private const ulong StatusAddress = 0x110;
    private const ulong Source = 0x120;
    private const ulong Destination = 0x128;
    private const ulong LineCount = 0x130;
    private const ulong Control = 0x138;
    private const ulong Configuration = 0x140;
    private const ulong Interrupt = 0x150;
    private const ulong Error = 0x170;
    private const ulong Information = 0x180;
    private const uint OutOfReset = 1, StartBit = 2, EndBit = 4;
    private const ulong InterruptTest = 1ul << 29;

    private readonly Accelerator _accelerator;
    private readonly SharedBuffer _status;
    private readonly bool _isNative;
    private readonly nuint _statusOffset;
    private bool _isDisposed;

    private LoopbackExerciser(Accelerator accelerator, bool isNative)
    {
        _accelerator = accelerator;
        _isNative = isNative;
        _statusOffset = isNative ? 0x40u : 0;
        _status = accelerator.PrepareBuffer(HostBuffer.BasePageSize, options: SharedBufferOptions.BasePages);
    }

    /// <summary>
    /// Ticks of the accelerator's clock in a microsecond; 0 when it does not say (NLB0).
    /// </summary>
    public int ClockMegahertz => _isNative ? 0 : (int)(_accelerator.Read64(0, Information) & 0xffff);

    /// <summary>Takes an accelerator out of reset and tells it where its status goes.</summary>
    /// <param name="accelerator">The accelerator, which stays the caller's.</param>
    /// <exception cref="FpgaException">
    /// <see cref="FpgaResult.NotSupported"/>: it is none that is known here; or the status page cannot be prepared.
    /// </exception>
    public static LoopbackExerciser Create(Accelerator accelerator)
    {
        ArgumentNullException.ThrowIfNull(accelerator);
        Guid? id = accelerator.Guid;
        bool isNative = id == AcceleratorIds.NativeLoopback;
        if (!isNative && id != AcceleratorIds.HostExerciserLoopback && id != AcceleratorIds.HostExerciserMemory)
        {
            throw new FpgaException($"LoopbackExerciser.Create({accelerator.Token})", FpgaResult.NotSupported,
                detail: $"the accelerator {id?.ToString() ?? "without a GUID"} is neither HE-LB, HE-MEM nor NLB0");
        }

        var exerciser = new LoopbackExerciser(accelerator, isNative);
        try
        {
            exerciser.Initialize();
            return exerciser;
        }
        catch
        {
            exerciser._status.Dispose();
            throw;
        }
    }

    /// <summary>Starts a run.</summary>
    /// <param name="mode">What it does.</param>
    /// <param name="source">Where it reads, a multiple of 64.</param>
    /// <param name="destination">Where it writes, a multiple of 64.</param>
    /// <param name="length">Bytes, a multiple of 64, at least 64, at most 256 GiB - 64.</param>
    /// <param name="interruptVector">The vector to fire at the end, or -1 for none (NLB0 has none).</param>
    /// <exception cref="ArgumentException">An address or a length that the accelerator cannot take.</exception>
    /// <exception cref="FpgaException">The device is lost.</exception>
    /// <exception cref="ObjectDisposedException">The exerciser or the accelerator is disposed.</exception>
    public void Start(
        LoopbackMode mode, IoAddress source, IoAddress destination, ulong length, int interruptVector = -1)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        CheckRun(mode, source, destination, length, interruptVector);
        _status.AsSpan(_statusOffset, LineSize).Clear();
        ulong lines = length / LineSize;
        ulong configuration = (ulong)mode << 2;
        if (interruptVector >= 0)
        {
            _accelerator.Write32(0, Interrupt, (uint)interruptVector << 16);
            configuration |= InterruptTest;
        }

        WriteStatusAddress(); // another exerciser may have had the accelerator meanwhile
        _accelerator.Write64(0, Source, source.Value / LineSize);
        _accelerator.Write64(0, Destination, destination.Value / LineSize);
        _accelerator.Write64(0, LineCount, _isNative ? lines : lines - 1);
        _accelerator.Write64(0, Configuration, configuration);
        _accelerator.Write32(0, Control, OutOfReset);
        _accelerator.Write32(0, Control, OutOfReset | StartBit);
    }

    /// <summary>Looks whether the run has ended.</summary>
    /// <exception cref="ObjectDisposedException">The exerciser or the accelerator is disposed.</exception>
    public bool TryGetResult(out LoopbackResult result)
    {
        ReadOnlySpan<byte> line = _status.AsSpan(_statusOffset, LineSize);
        ulong state = Volatile.Read(in MemoryMarshal.AsRef<ulong>(line)); // what follows is read after it
        if ((state & 1) == 0)
        {
            result = default;
            return false;
        }

        result = new LoopbackResult(
            (uint)(state >> 32), BitConverter.ToUInt64(line[8..]), BitConverter.ToUInt32(line[16..]),
            BitConverter.ToUInt32(line[20..]));
        return true;
    }

    /// <summary>Waits for the end of the run, by looking at the status line again and again.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="cancellationToken">Ends the wait; the run goes on.</param>
    /// <exception cref="FpgaException"><see cref="FpgaResult.Exception"/>: the time was over.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The exerciser or the accelerator is disposed.</exception>
    public LoopbackResult Wait(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        LoopbackResult result;
        long start = Stopwatch.GetTimestamp();
        var spin = new SpinWait();
        while (!TryGetResult(out result))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Stopwatch.GetElapsedTime(start) > timeout)
                throw TimedOut(timeout);
            spin.SpinOnce(sleep1Threshold: 2000);
        }

        return result;
    }

    /// <summary>Copies a buffer to another through the accelerator, and waits for the end.</summary>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="source">Where they come from.</param>
    /// <param name="length">Bytes, a multiple of 64 within both buffers.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Ends the wait; the run goes on.</param>
    /// <returns>How the run ended; a fault is told there and is no exception.</returns>
    /// <exception cref="ArgumentException">A length that the accelerator or a buffer cannot take.</exception>
    /// <exception cref="FpgaException">The time was over, or the device is lost.</exception>
    /// <exception cref="ObjectDisposedException">The exerciser, the accelerator or a buffer is disposed.</exception>
    public LoopbackResult Copy(
        SharedBuffer destination, SharedBuffer source, ulong length, TimeSpan timeout,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(source);
        ObjectDisposedException.ThrowIf(destination.IsDisposed, destination);
        ObjectDisposedException.ThrowIf(source.IsDisposed, source);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, source.MappedLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, destination.MappedLength);
        Start(LoopbackMode.Loopback, source.IoAddress, destination.IoAddress, length);
        return Wait(timeout, cancellationToken);
    }

    /// <summary>Ends what is under way and puts the engine into reset.</summary>
    /// <exception cref="FpgaException">The device is lost.</exception>
    /// <exception cref="ObjectDisposedException">The accelerator is disposed.</exception>
    public void Stop() => _accelerator.Write32(0, Control, 0);

    /// <summary>The accelerator's error register.</summary>
    /// <exception cref="FpgaException">The device is lost.</exception>
    /// <exception cref="ObjectDisposedException">The accelerator is disposed.</exception>
    public ulong ReadError() => _accelerator.Read64(0, Error);

    /// <summary>Stops a run and releases the status page. Idempotent.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        try
        {
            Stop();
        }
        catch (Exception problem) when (problem is FpgaException or ObjectDisposedException)
        {
            // A device that is gone runs nothing any more.
        }

        _status.Dispose();
    }

    private void Initialize()
    {
        _accelerator.Write32(0, Control, 0);
        WriteStatusAddress();
        _accelerator.Write32(0, Control, OutOfReset);
    }

    private void WriteStatusAddress()
    {
        ulong address = _status.IoAddress.Value;
        _accelerator.Write64(0, StatusAddress, _isNative ? address : address / LineSize);
    }

    private void CheckRun(LoopbackMode mode, IoAddress source, IoAddress destination, ulong length, int vector)
    {
        if (mode is < LoopbackMode.Loopback or > LoopbackMode.Throughput) // Enum.IsDefined allocates after a collection
            throw new ArgumentOutOfRangeException(nameof(mode), mode, "There is no such mode.");
        if ((source.Value | destination.Value) % LineSize != 0)
            throw new ArgumentException($"{source} or {destination} is not a multiple of {LineSize}.", nameof(source));
        if (length == 0 || length % LineSize != 0 || length / LineSize > uint.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(length), length, $"A multiple of {LineSize}, from {LineSize} up.");
        if (vector >= (int)_accelerator.InterruptCount || (vector >= 0 && _isNative))
            throw new ArgumentOutOfRangeException(nameof(vector), vector, "The accelerator has no such vector.");
    }

    private static FpgaException TimedOut(TimeSpan timeout) => new(
        string.Create(CultureInfo.InvariantCulture, $"Wait({timeout.TotalMilliseconds} ms)"), FpgaResult.Exception,
        detail: "the accelerator has not written its status line",
        remedy: "Look for DMA faults ('sudo dmesg | grep -i -e dmar -e iommu', or what the emulated accelerator reports).");
}
