namespace Scatterlist.Verbs.Providers;

/// <summary>A path to a datagram peer (struct ibv_ah).</summary>
internal abstract class ProviderAddressHandle(nint handle, ProviderDomain domain) : NativeHandle(handle, domain)
{
    /// <summary>What <c>SendEntry.AddressHandle</c> carries: libibverbs' pointer, or a number of the soft NIC's
    /// own.</summary>
    internal abstract nint NativeObject { get; }
}
