using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs;

/// <summary>
/// A path to datagram peers (struct ibv_ah). Made by
/// <see cref="ProtectionDomain.CreateAddressHandle(in AddressHandleAttributes)"/>. Thread-safe.
/// </summary>
public sealed class AddressHandle : IDisposable
{
    private readonly ProviderAddressHandle _provider;

    internal AddressHandle(
        ProtectionDomain domain, ProviderAddressHandle provider, in AddressHandleAttributes attributes)
    {
        Domain = domain;
        _provider = provider;
        Attributes = attributes;
    }

    /// <summary>The domain that it belongs to.</summary>
    public ProtectionDomain Domain { get; }

    /// <summary>The path.</summary>
    public AddressHandleAttributes Attributes { get; }

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    public bool IsDisposed => _provider.IsDisposed;

    internal ProviderAddressHandle Provider => _provider;

    /// <summary>Lets the path go (ibv_destroy_ah(3)). Idempotent.</summary>
    public void Dispose() => _provider.Dispose();
}
