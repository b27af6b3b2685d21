using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>
/// An open device (struct ibv_context): attributes, and the maker of domains, completion queues and device memory.
/// Thread-safe. Dispose it in any order with what was made from it: the native context lives as long as anything uses
/// it.
/// </summary>
public sealed partial class Context : IDisposable
{
    private readonly ProviderContext _provider;
    private readonly Lock _lock = new();

    internal Context(ProviderContext provider, string deviceName, string providerName)
    {
        _provider = provider;
        DeviceName = deviceName;
        ProviderName = providerName;
        _eventWaits = new DescriptorWaits(this);
        Attributes = provider.QueryDevice();
    }

    /// <summary>The device's name.</summary>
    public string DeviceName { get; }

    /// <summary>The provider that it is of.</summary>
    public string ProviderName { get; }

    /// <summary>What the device can do and its limits (ibv_query_device(3)), as asked at the opening.</summary>
    public DeviceAttributes Attributes { get; }

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    public bool IsDisposed => _provider.IsDisposed;

    internal ProviderContext Provider => _provider;

    /// <summary>A port's state and limits now (ibv_query_port(3)).</summary>
    /// <param name="port">The port, from 1.</param>
    /// <exception cref="VerbsException">InvalidInput: there is no such port.</exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    public PortAttributes QueryPort(byte port = 1)
    {
        using HeldHandle held = _provider.Hold(this);
        CheckPort("ibv_query_port", port);
        return _provider.QueryPort(port);
    }

    /// <summary>The GID table of all ports, without its empty places.</summary>
    /// <exception cref="VerbsException">The device does not answer.</exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    public IReadOnlyList<GidEntry> GetGids()
    {
        using HeldHandle held = _provider.Hold(this);
        return _provider.QueryGids();
    }

    /// <summary>The GID that queue pairs of a port use unless they are told one.</summary>
    /// <remarks>RoCE v2 before the others; of those a routable IPv4 address, then a routable IPv6 address.</remarks>
    /// <param name="port">The port, from 1.</param>
    /// <exception cref="VerbsException">NotFound: the port has none.</exception>
    public GidEntry GetDefaultGid(byte port = 1)
    {
        CheckPort("choosing a GID", port);
        return GidChoice.Pick(this, port);
    }

    /// <summary>A partition key of a port's table (ibv_query_pkey(3)).</summary>
    /// <param name="index">The place in the table.</param>
    /// <param name="port">The port, from 1.</param>
    /// <exception cref="VerbsException">InvalidInput: there is no such place.</exception>
    public ushort QueryPartitionKey(int index = 0, byte port = 1)
    {
        using HeldHandle held = _provider.Hold(this);
        CheckPort("ibv_query_pkey", port);
        return _provider.QueryPartitionKey(port, index);
    }

    /// <summary>Makes a protection domain (ibv_alloc_pd(3)).</summary>
    /// <exception cref="VerbsException">Resource: the device has no more.</exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    public ProtectionDomain AllocateDomain()
    {
        using HeldHandle held = _provider.Hold(this);
        return new ProtectionDomain(this, _provider.AllocateDomain());
    }

    /// <summary>Allocates memory of the device itself (ibv_alloc_dm(3)).</summary>
    /// <param name="length">Bytes, up to <see cref="DeviceAttributes.MaxDeviceMemory"/> in all.</param>
    /// <param name="logAlignment">The alignment of its first byte, as a power of two; atomic operations need 3.</param>
    /// <exception cref="VerbsException">NotSupported: the device has no memory of its own; Resource: not enough is left.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    public DeviceMemory AllocateDeviceMemory(nuint length, uint logAlignment = 0)
    {
        using HeldHandle held = _provider.Hold(this);
        string verb = $"ibv_alloc_dm(length {length}, log_align_req {logAlignment})";
        if (Attributes.MaxDeviceMemory == 0)
            throw new VerbsException(verb, Errno.EOPNOTSUPP, $"{DeviceName} has no memory of its own");
        if (length == 0)
            throw new VerbsException(verb, Errno.EINVAL, "the length is 0");
        return new DeviceMemory(_provider.AllocateDeviceMemory(length, logAlignment), length);
    }

    private void CheckPort(string verb, byte port)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (port < 1 || port > Attributes.PortCount)
        {
            throw new VerbsException(
                $"{verb}(port {port})", Errno.EINVAL, $"{DeviceName} has the ports 1 to {Attributes.PortCount}");
        }
    }
}
