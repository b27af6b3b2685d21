using Scatterlist.Verbs.Providers;

namespace Scatterlist.Verbs.SoftRoce.Objects;

/// <summary>A path to a datagram peer. Work requests name it by a number, which a disposed one no longer has.</summary>
internal sealed class SoftAddressHandle : ProviderAddressHandle
{
    internal SoftAddressHandle(SoftDomain domain, in AddressHandleAttributes attributes)
        : base(1, domain)
    {
        Domain = domain;
        Attributes = attributes;
        NativeObject = domain.Engine.AddAddressHandle(this);
    }

    internal SoftDomain Domain { get; }

    internal AddressHandleAttributes Attributes { get; }

    internal override nint NativeObject { get; }

    protected override bool ReleaseNative()
    {
        Domain.Engine.RemoveAddressHandle(NativeObject);
        return true;
    }
}
