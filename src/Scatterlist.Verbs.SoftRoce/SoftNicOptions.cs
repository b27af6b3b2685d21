using System.Net;

namespace Scatterlist.Verbs.SoftRoce;

/// <summary>How a soft NIC is opened.</summary>
public sealed record SoftNicOptions
{
    /// <summary>UDP's port of RoCE v2.</summary>
    public const int RocePort = 4791;

    /// <summary>
    /// The addresses to use, each a GID of the port, in the order of their indexes. None, the default: a free address
    /// of 127/8, drawn at random, or the ones of the environment's <c>SCATTERLIST_SOFTROCE_ADDRESS</c>.
    /// </summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>The UDP port, the same at all peers. Default: 4791, as other RoCE v2 NICs have.</summary>
    public int Port { get; init; } = RocePort;

    /// <summary>
    /// Whether peers of the same user on this host are reached by shared memory instead of UDP, where both prove that
    /// they are. Default: yes, unless the environment says <c>SCATTERLIST_SOFTROCE_SAMEHOST=off</c>.
    /// </summary>
    public bool SameHost { get; init; } = Environment.GetEnvironmentVariable("SCATTERLIST_SOFTROCE_SAMEHOST") != "off";

    /// <summary>Bytes of device memory that the NIC has; 0: none. Default: 64 MiB, committed when allocated.</summary>
    public ulong DeviceMemory { get; init; } = 64 << 20;
}
