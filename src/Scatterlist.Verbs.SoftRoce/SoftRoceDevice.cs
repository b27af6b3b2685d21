using Scatterlist.Verbs.Providers;
using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce;

/// <summary>A soft NIC that can be opened: on the loopback, or on a network interface's addresses.</summary>
internal sealed class SoftRoceDevice(string name, SoftNicOptions options) : ProviderDevice
{
    internal override string Name { get; } = name;

    internal override NodeType NodeType => NodeType.ChannelAdapter;

    internal override TransportType TransportType => TransportType.InfiniBand;

    // A soft NIC gets its GUID when it is opened.
    internal override ulong Guid => 0;

    internal override ProviderContext Open() => NicEngine.Open(options);
}
