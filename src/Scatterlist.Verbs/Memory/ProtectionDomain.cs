using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>
/// A protection domain (struct ibv_pd): regions, queue pairs and address handles of one domain work together, and with
/// no others. Made by <see cref="Context.AllocateDomain"/>. Thread-safe; dispose it in any order with its children,
/// which keep it.
/// </summary>
public sealed partial class ProtectionDomain : IDisposable
{
    private readonly ProviderDomain _provider;

    internal ProtectionDomain(Context context, ProviderDomain provider)
    {
        Context = context;
        _provider = provider;
    }

    /// <summary>The device that it is of.</summary>
    public Context Context { get; }

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    public bool IsDisposed => _provider.IsDisposed;

    internal ProviderDomain Provider => _provider;

    /// <summary>Makes a shared receive queue (ibv_create_srq(3)).</summary>
    /// <param name="maxWorkRequests">Receives that it holds at least.</param>
    /// <param name="maxElements">Scatter elements of a receive.</param>
    /// <exception cref="VerbsException">The device refused: InvalidInput past its limits, NotSupported.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public SharedReceiveQueue CreateSharedReceiveQueue(int maxWorkRequests, int maxElements = 1)
    {
        using HeldHandle held = _provider.Hold(this);
        DeviceAttributes limits = Context.Attributes;
        string verb = $"ibv_create_srq(max_wr {maxWorkRequests}, max_sge {maxElements})";
        LimitCheck.Range(
            verb, "max_wr", maxWorkRequests, 1, limits.MaxSharedReceiveWorkRequests, "DeviceAttributes.MaxSharedReceiveWorkRequests");
        LimitCheck.Range(
            verb, "max_sge", maxElements, 1, limits.MaxSharedReceiveElements, "DeviceAttributes.MaxSharedReceiveElements");
        var attributes = new SharedReceiveQueueAttributes(maxWorkRequests, maxElements);
        ProviderSharedReceiveQueue queue = _provider.CreateSharedReceiveQueue(attributes);
        try
        {
            return new SharedReceiveQueue(this, queue);
        }
        catch
        {
            queue.Dispose(); // it does not answer
            throw;
        }
    }

    /// <summary>Makes a path to datagram peers (ibv_create_ah(3)).</summary>
    /// <exception cref="VerbsException">Unreachable: there is no route; InvalidInput: no such port or GID.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public AddressHandle CreateAddressHandle(in AddressHandleAttributes attributes)
    {
        using HeldHandle held = _provider.Hold(this);
        return new AddressHandle(this, _provider.CreateAddressHandle(attributes), attributes);
    }

    /// <summary>A path to the peer that <paramref name="endpoint"/> describes.</summary>
    /// <param name="endpoint">The peer.</param>
    /// <param name="gidIndex">The own GID's index; null: as a queue pair of <paramref name="port"/> picks it.</param>
    /// <param name="port">The own port, from 1.</param>
    /// <inheritdoc cref="CreateAddressHandle(in AddressHandleAttributes)"/>
    public AddressHandle CreateAddressHandle(in QueuePairEndpoint endpoint, int? gidIndex = null, byte port = 1)
    {
        using HeldHandle held = _provider.Hold(this);
        int index = gidIndex ?? GidChoice.Pick(Context, port).Index;
        GidChoice.Check($"ibv_create_ah({endpoint.Gid})", index);
        var attributes = new AddressHandleAttributes(endpoint.Gid, (byte)index, port)
        {
            IsGlobal = !endpoint.Gid.IsZero,
            DestinationLid = endpoint.Lid,
        };
        return CreateAddressHandle(attributes);
    }

    /// <summary>Lets the domain go; its children keep the native object. Idempotent.</summary>
    public void Dispose() => _provider.Dispose();
}
