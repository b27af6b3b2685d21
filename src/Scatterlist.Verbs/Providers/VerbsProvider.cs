namespace Scatterlist.Verbs.Providers;

/// <summary>
/// A source of RDMA devices: libibverbs, or a soft NIC. The seam below the public API; its members follow the verbs
/// of
/// libibverbs one by one, and its work request entries are libibverbs' own structures.
/// </summary>
internal abstract class VerbsProvider
{
    /// <summary>The name that options and the environment use: <c>libibverbs</c>, <c>softroce</c>.</summary>
    internal abstract string Name { get; }

    /// <summary>The devices that can be opened now.</summary>
    /// <exception cref="VerbsException">The provider cannot work here; the remedy says why.</exception>
    internal abstract IReadOnlyList<ProviderDevice> GetDevices();
}
