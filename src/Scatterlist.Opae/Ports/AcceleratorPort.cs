namespace Scatterlist.Opae.Ports;

/// <summary>
/// One open accelerator, whichever way it is reached. What is above it has checked every argument: regions exist,
/// offsets are aligned and inside, lengths are whole pages. Thread-safe. Failures are <see cref="FpgaException"/>s.
/// </summary>
internal abstract class AcceleratorPort : IDisposable
{
    /// <summary>What keeps the device open, for windows and mappings and for calls that are under way.</summary>
    internal abstract NativeHandle Handle { get; }

    /// <summary>Bytes of each region of registers, by its number; 0 for one that is not there.</summary>
    internal abstract IReadOnlyList<ulong> MmioLengths { get; }

    /// <summary>Interrupt vectors.</summary>
    internal abstract uint InterruptCount { get; }

    /// <summary>Whether the device can be reset.</summary>
    internal abstract bool CanReset { get; }

    /// <summary>Whether memory of the caller's own can be shared.</summary>
    internal virtual bool SupportsPreallocated => true;

    /// <summary>Whether the library's own memory is best a memfd, which the other side can map.</summary>
    internal abstract bool PrefersMemFd { get; }

    /// <summary>Bytes to make for a buffer of our own, before they are rounded up to whole pages.</summary>
    internal virtual nuint LengthFor(nuint length) => length;

    internal abstract uint Read32(uint region, ulong offset);

    internal abstract ulong Read64(uint region, ulong offset);

    internal abstract void Write32(uint region, ulong offset, uint value);

    internal abstract void Write64(uint region, ulong offset, ulong value);

    /// <summary>Writes 64 bytes at a multiple of 64.</summary>
    internal abstract void Write512(uint region, ulong offset, ReadOnlySpan<byte> value);

    /// <summary>Maps a region's registers; null where this way of reaching the device has no mappings.</summary>
    internal abstract MmioWindow? TryMapMmio(uint region);

    /// <summary>
    /// Lets the device reach memory, at an address that is never 0. The same memory may be mapped any number of times.
    /// </summary>
    internal abstract PortMapping Map(in MemoryToShare memory);

    /// <summary>Has a vector signal a descriptor from now on.</summary>
    /// <returns>The descriptor, an eventfd, which the caller owns.</returns>
    internal abstract FileDescriptor StartInterrupt(uint vector);

    /// <summary>Ends that.</summary>
    internal abstract void StopInterrupt(uint vector);

    /// <summary>Lets a vector fire again after it did, where it masks itself (INTx).</summary>
    internal virtual void Rearm(uint vector)
    {
    }

    /// <summary>What may keep the device from working.</summary>
    internal virtual IEnumerable<FpgaFinding> Diagnose() => [];

    /// <summary>Resets the device. Called only when <see cref="CanReset"/>.</summary>
    internal abstract void Reset();

    /// <summary>Closes the device once the last mapping and window are gone. Idempotent.</summary>
    public abstract void Dispose();
}
