namespace Scatterlist.Verbs.Providers;

/// <summary>A device that can be opened (struct ibv_device).</summary>
internal abstract class ProviderDevice
{
    internal abstract string Name { get; }

    internal abstract NodeType NodeType { get; }

    internal abstract TransportType TransportType { get; }

    /// <summary>The node's GUID in host order; 0 where there is none.</summary>
    internal abstract ulong Guid { get; }

    /// <exception cref="VerbsException">The device cannot be opened.</exception>
    internal abstract ProviderContext Open();
}
