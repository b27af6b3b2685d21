using Scatterlist.Vrtd.DataPath;

namespace Scatterlist.Vrtd.Client;

/// <summary>
/// What a device buffer has on this side: the way to the device, and the host data once somebody touched it. Disposed
/// when the last transfer is over and the daemon has let go.
/// </summary>
internal sealed class BufferResources(DeviceDataPath path, ulong size) : IDisposable
{
    private readonly Lock _lock = new();
    private volatile HostBuffer? _hostData;
    private BufferLease? _lease;
    private nint _address;

    public DeviceDataPath Path { get; } = path;

    /// <summary>
    /// The host data, made when first touched. The caller holds the allocation, so this is not disposed meanwhile.
    /// </summary>
    public HostBuffer HostData => _hostData ?? Allocate();

    /// <summary>
    /// A part of the host data, which the caller has checked to lie within. The lease keeps the pages even from a
    /// caller who disposes the host buffer.
    /// </summary>
    public Block GetBlock(ulong offset, ulong length)
    {
        if (_hostData is null)
            Allocate();
        return new Block((nint)((nuint)_address + (nuint)offset), (nuint)length);
    }

    public void Dispose()
    {
        Path.Release();
        lock (_lock)
        {
            _lease?.Dispose();
            _hostData?.Dispose();
        }
    }

    private HostBuffer Allocate()
    {
        lock (_lock)
        {
            if (_hostData is { } made)
                return made;

            // Huge pages halve the cost of a large transfer's page walk, but a pool that is empty is the common case.
            HostBuffer hostData = HostBuffer.Allocate(
                checked((nuint)size),
                new HostBufferOptions { PageSize = PageSize.Huge2MiB, Fallback = PageFallback.Smaller });
            _lease = hostData.Lease();
            _address = _lease.Block.Address;
            _hostData = hostData;
            return hostData;
        }
    }
}
