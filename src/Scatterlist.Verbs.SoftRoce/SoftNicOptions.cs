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
    /// Whether other processes of the same user may use the named addresses, too: up to 16, told apart by the low bits of
    /// their queue pairs' numbers. Default: yes. An address of the loopback that was drawn is never shared.
    /// </summary>
    public bool ShareAddress { get; init; } = true;

    /// <summary>
    /// Whether peers of the same user on this host are reached by shared memory instead of UDP, where both prove that
    /// they are. Default: yes, unless the environment says <c>SCATTERLIST_SOFTROCE_SAMEHOST=off</c>.
    /// </summary>
    public bool SameHost { get; init; } =
        Environment.GetEnvironmentVariable("SCATTERLIST_SOFTROCE_SAMEHOST") is not ("off" or "0" or "no" or "false");

    /// <summary>Bytes of device memory that the NIC has; 0: none. Default: 64 MiB, committed when allocated.</summary>
    public ulong DeviceMemory { get; init; } = 64 << 20;

    /// <summary>
    /// A file to write every packet to, as pcap, which Wireshark and tcpdump read; null: none. Packets of the same-host path
    /// are not in it: switch it off to see them. Default: the environment's <c>SCATTERLIST_SOFTROCE_CAPTURE</c>.
    /// </summary>
    public string? CapturePath { get; init; } = Environment.GetEnvironmentVariable("SCATTERLIST_SOFTROCE_CAPTURE");

    /// <summary>
    /// What to do to packets on their way out, for tests of programs on a bad network, as
    /// <c>loss=1,dup=0.5,reorder=2,corrupt=0.1,seed=7</c>: percent, and the seed of the random numbers. Default: the
    /// environment's <c>SCATTERLIST_SOFTROCE_FAULTS</c>, else nothing.
    /// </summary>
    public string? Faults { get; init; } = Environment.GetEnvironmentVariable("SCATTERLIST_SOFTROCE_FAULTS");
}
