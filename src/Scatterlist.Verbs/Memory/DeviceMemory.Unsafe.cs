using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>
/// Memory of the device itself (struct ibv_dm). The processor reaches it by copies only; work requests and peers reach
/// it once it is registered (<see cref="ProtectionDomain.Register(DeviceMemory, nuint, nuint, AccessFlags)"/>).
/// </summary>
/// <remarks>
/// Thread-safe. Regions keep it: <see cref="Dispose"/> gives it back when the last of them is gone, and
/// <see cref="Free"/> refuses while there are any. Devices may ask that offsets and lengths are multiples of 4.
/// </remarks>
public sealed unsafe class DeviceMemory : IDisposable
{
    private readonly ProviderDeviceMemory _provider;

    internal DeviceMemory(ProviderDeviceMemory provider, nuint length)
    {
        _provider = provider;
        Length = length;
    }

    /// <summary>Bytes.</summary>
    public nuint Length { get; }

    /// <summary>Whether it was freed or disposed.</summary>
    public bool IsDisposed => _provider.IsDisposed;

    internal ProviderDeviceMemory Provider => _provider;

    /// <summary>Copies into the device's memory (ibv_memcpy_to_dm(3)).</summary>
    /// <param name="offset">Where in the device memory the bytes go.</param>
    /// <param name="source">The bytes.</param>
    /// <returns>None, or what the device refused: EINVAL for an offset or a length that it does not like.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range reaches outside of the device memory.</exception>
    /// <exception cref="ObjectDisposedException">The device memory is freed.</exception>
    public Errno CopyTo(nuint offset, ReadOnlySpan<byte> source)
    {
        fixed (byte* bytes = source)
            return Copy(offset, bytes, (nuint)source.Length, toDevice: true);
    }

    /// <summary>Copies a part of a buffer into the device's memory.</summary>
    /// <param name="offset">Where in the device memory the bytes go.</param>
    /// <param name="source">The buffer.</param>
    /// <param name="sourceOffset">The first byte in the buffer.</param>
    /// <param name="length">Bytes.</param>
    /// <inheritdoc cref="CopyTo(nuint, ReadOnlySpan{byte})"/>
    public Errno CopyTo(nuint offset, HostBuffer source, nuint sourceOffset, nuint length) =>
        Copy(offset, source, sourceOffset, length, toDevice: true);

    /// <summary>Copies out of the device's memory (ibv_memcpy_from_dm(3)).</summary>
    /// <param name="offset">Where in the device memory the bytes lie.</param>
    /// <param name="destination">Where they go.</param>
    /// <returns>None, or what the device refused: EINVAL for an offset or a length that it does not like.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range reaches outside of the device memory.</exception>
    /// <exception cref="ObjectDisposedException">The device memory is freed.</exception>
    public Errno CopyFrom(nuint offset, Span<byte> destination)
    {
        fixed (byte* bytes = destination)
            return Copy(offset, bytes, (nuint)destination.Length, toDevice: false);
    }

    /// <summary>Copies out of the device's memory into a part of a buffer.</summary>
    /// <param name="offset">Where in the device memory the bytes lie.</param>
    /// <param name="destination">The buffer.</param>
    /// <param name="destinationOffset">The first byte in the buffer.</param>
    /// <param name="length">Bytes.</param>
    /// <inheritdoc cref="CopyFrom(nuint, Span{byte})"/>
    public Errno CopyFrom(nuint offset, HostBuffer destination, nuint destinationOffset, nuint length) =>
        Copy(offset, destination, destinationOffset, length, toDevice: false);

    /// <summary>Gives the memory back now (ibv_free_dm(3)).</summary>
    /// <exception cref="VerbsException">Busy: regions are still registered on it.</exception>
    public void Free()
    {
        if (_provider.IsDisposed)
            return;
        int regions = _provider.Regions;
        if (regions != 0)
        {
            throw new VerbsException(
                $"ibv_free_dm({Length} bytes)", Errno.EBUSY, $"{regions} regions are registered on it",
                "Dispose the regions first, or Dispose the memory, which waits for them.");
        }

        _provider.Dispose();
    }

    /// <summary>Gives the memory back when the last region on it is gone. Idempotent.</summary>
    public void Dispose() => _provider.Dispose();

    private Errno Copy(nuint offset, HostBuffer buffer, nuint bufferOffset, nuint length, bool toDevice)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        using BufferLease lease = buffer.Lease(bufferOffset, length);
        return Copy(offset, (byte*)lease.Block.Address, length, toDevice);
    }

    private Errno Copy(nuint offset, byte* host, nuint length, bool toDevice)
    {
        if (offset > Length || length > Length - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset),
                $"Offset {offset} and length {length} reach outside of the device memory's {Length} bytes.");
        }

        ObjectDisposedException.ThrowIf(!_provider.TryHold(), this);
        try
        {
            if (length == 0)
                return Errno.None;
            return toDevice ? _provider.CopyTo(offset, host, length) : _provider.CopyFrom(offset, host, length);
        }
        finally
        {
            _provider.DangerousRelease();
        }
    }
}
