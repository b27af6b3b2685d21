namespace Scatterlist.Vfio;

/// <summary>
/// A device that a program drives from user space, as its user sees it: over a kernel group and container, over the
/// device's own node and iommufd, over vfio-user, or a device model in this process.
/// </summary>
/// <remarks>
/// <para>Thread-safe. Set-up throws <see cref="VfioException"/>; region accesses report by their result and allocate
/// nothing.</para>
/// <para>Mappings and windows hold the device: it is closed when it and the last of them are disposed.</para>
/// </remarks>
public interface IVfioDevice : IDisposable
{
    /// <summary>The device's name: its PCI address, its socket's path.</summary>
    string Name { get; }

    /// <summary>The handle that keeps the device open, for objects that must not outlive it.</summary>
    NativeHandle Handle { get; }

    /// <summary>Whether the device was disposed. It may live on under mappings and windows.</summary>
    bool IsDisposed { get; }

    /// <summary>What the device is.</summary>
    VfioDeviceInfo Info { get; }

    /// <summary>The regions, by their index; the empty ones too. See <see cref="PciRegion"/>.</summary>
    IReadOnlyList<VfioRegionInfo> Regions { get; }

    /// <summary>The interrupt indexes, by <see cref="InterruptKind"/>; the empty ones too.</summary>
    IReadOnlyList<VfioInterruptInfo> Interrupts { get; }

    /// <summary>The addresses that mappings may have, in rising order; holes are what the platform keeps.</summary>
    IReadOnlyList<IoAddressRange> IoAddressRanges { get; }

    /// <summary>A bit for every page size that mappings can be made of, the smallest being their granule.</summary>
    ulong PageSizes { get; }

    /// <summary>How many more mappings there may be; null where the transport has no limit or does not say.</summary>
    uint? AvailableMappings { get; }

    /// <summary>Maps a part of a region, which lies in one of its mappable areas.</summary>
    /// <param name="region">The region's index.</param>
    /// <param name="offset">Bytes from the region's start, a multiple of the page size.</param>
    /// <param name="length">Bytes, at least 1.</param>
    /// <param name="access">What may be done through the window; the region must allow it.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such region, or the part reaches outside of it.</exception>
    /// <exception cref="VfioException">The part cannot be mapped (EOPNOTSUPP), or the kernel refused.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    MmioWindow MapRegion(int region, ulong offset, nuint length, MmioAccess access = MmioAccess.ReadWrite);

    /// <summary>
    /// Reads bytes of a region. 1, 2, 4 or 8 bytes, aligned, are one access of that width at the device.
    /// </summary>
    /// <returns>None; EINVAL for a range outside of the region or a region that cannot be read; the device's own
    /// error; ECONNRESET or EPIPE when the server is gone; ENODEV when the device is.</returns>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    Errno ReadRegion(int region, ulong offset, Span<byte> destination);

    /// <summary>Writes bytes of a region; see <see cref="ReadRegion"/>.</summary>
    /// <inheritdoc cref="ReadRegion"/>
    Errno WriteRegion(int region, ulong offset, ReadOnlySpan<byte> source);

    /// <summary>
    /// Has vectors signal event descriptors (eventfd(2)). A null takes a vector's descriptor away. The device keeps the
    /// open file description: the descriptor itself may be closed after the call.
    /// </summary>
    /// <param name="kind">Which index.</param>
    /// <param name="first">The first vector.</param>
    /// <param name="events">The descriptors of the vectors from there on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The device has no such vectors.</exception>
    /// <exception cref="VfioException">The device refused, as MSI while INTx is active (EINVAL).</exception>
    /// <exception cref="ObjectDisposedException">The device or a descriptor is disposed.</exception>
    void SetInterrupts(InterruptKind kind, int first, ReadOnlySpan<FileDescriptor?> events);

    /// <summary>Disables all vectors of an index and lets go of their descriptors. Idempotent.</summary>
    /// <exception cref="VfioException">The device refused.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    void DisableInterrupts(InterruptKind kind);

    /// <summary>Signals a vector as if the device had fired it, to try the path.</summary>
    /// <inheritdoc cref="UnmaskInterrupt"/>
    void TriggerInterrupt(InterruptKind kind, int vector);

    /// <summary>Masks a vector of an index that can be.</summary>
    /// <inheritdoc cref="UnmaskInterrupt"/>
    void MaskInterrupt(InterruptKind kind, int vector);

    /// <summary>Unmasks a vector; INTx needs it after each time it fires.</summary>
    /// <param name="kind">Which index.</param>
    /// <param name="vector">Which vector.</param>
    /// <exception cref="ArgumentOutOfRangeException">The device has no such vector.</exception>
    /// <exception cref="VfioException">The device refused, or the index cannot do it (EINVAL).</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    void UnmaskInterrupt(InterruptKind kind, int vector);

    /// <summary>Makes memory reachable for the device.</summary>
    /// <param name="request">The memory, what the device may do, and where it sees it.</param>
    /// <returns>The mapping, which the caller disposes when the device is done with the memory.</returns>
    /// <exception cref="ArgumentException">No memory, no access, or something is not a multiple of the page
    /// size.</exception>
    /// <exception cref="VfioException">
    /// EFAULT (not mapped or not permitted), ENOMEM (locked memory), ENOSPC (too many mappings, or no addresses left),
    /// EEXIST (the addresses are taken), EINVAL (outside of <see cref="IoAddressRanges"/>); the remedy says more.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The device or the owner is disposed.</exception>
    DmaMapping MapDma(in DmaMapRequest request);

    /// <summary>Resets the device. Mappings stay.</summary>
    /// <exception cref="VfioException">The device has no reset (EINVAL), or it failed.</exception>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    void Reset();
}
