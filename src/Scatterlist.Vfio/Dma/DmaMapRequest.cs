namespace Scatterlist.Vfio;

/// <summary>Memory that a device shall reach, and where.</summary>
public readonly record struct DmaMapRequest
{
    /// <summary>
    /// The memory: its address and length are multiples of the page size. It stays mapped in this process, at least as
    /// long as the DMA mapping, and <see cref="Owner"/> sees to that.
    /// </summary>
    public required Block Memory { get; init; }

    /// <summary>What the mapping holds while it exists; null when the caller keeps the memory itself.</summary>
    public NativeHandle? Owner { get; init; }

    /// <summary>
    /// The memfd behind the memory, or null. Another process maps it and reaches the memory without a copy; memory
    /// without one goes through messages there. In-process and kernel transports need none.
    /// </summary>
    public FileDescriptor? Descriptor { get; init; }

    /// <summary>Where the memory starts in <see cref="Descriptor"/>, in bytes.</summary>
    public ulong DescriptorOffset { get; init; }

    /// <summary>What the device may do.</summary>
    public required DmaAccess Access { get; init; }

    /// <summary>Where the device shall see it; null lets the transport choose (never 0).</summary>
    public IoAddress? IoAddress { get; init; }

    /// <summary>
    /// The highest address that the device can put on the bus, for devices with a narrow mask; null for no limit but
    /// the transport's.
    /// </summary>
    public IoAddress? HighestIoAddress { get; init; }

    /// <summary>All of a buffer's pages.</summary>
    /// <exception cref="ObjectDisposedException">The buffer is disposed.</exception>
    public static DmaMapRequest For(HostBuffer buffer, DmaAccess access = DmaAccess.ReadWrite)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return new DmaMapRequest
        {
            Memory = new Block(buffer.Address, buffer.AllocatedLength),
            Owner = buffer.Handle,
            Descriptor = buffer.Descriptor,
            Access = access,
        };
    }
}
