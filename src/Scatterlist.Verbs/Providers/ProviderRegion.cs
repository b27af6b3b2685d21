namespace Scatterlist.Verbs.Providers;

/// <summary>
/// A memory region (struct ibv_mr). Its release is the deregistration, which waits for accesses that are under way;
/// from
/// then on the keys reach nothing.
/// </summary>
internal abstract class ProviderRegion(nint handle, ProviderDomain domain) : NativeHandle(handle, domain)
{
    internal abstract LocalKey LocalKey { get; }

    internal abstract RemoteKey RemoteKey { get; }
}
