using Scatterlist.Verbs.SoftRoce.Capture;

namespace Scatterlist.Verbs.SoftRoce.Engine.Udp;

/// <summary>How a <see cref="UdpPort"/> is opened.</summary>
internal sealed record UdpPortOptions
{
    /// <summary>The UDP port here and at all peers.</summary>
    internal int Port { get; init; } = SoftNicOptions.RocePort;

    /// <summary>
    /// Whether runs of packets go to the kernel as one message that it cuts (UDP_SEGMENT). Off where a network card cuts
    /// them and numbers their IPv4 identifications otherwise than 0, 1, 2: the peers' ICRC check fails then.
    /// </summary>
    internal bool Segmentation { get; init; } = Environment.GetEnvironmentVariable("SCATTERLIST_SOFTROCE_GSO") != "off";

    /// <summary>Bytes of the socket's buffers to ask for; an unprivileged process gets at most net.core.rmem_max.</summary>
    internal int BufferBytes { get; init; } = 8 << 20;

    /// <summary>Whether other processes of the same user share the address: see <see cref="UdpPort.Slot"/>.</summary>
    internal bool IsShared { get; init; }

    /// <summary>
    /// How long one process may be at joining those that share the address, before the next one gives up. It waits half
    /// of that at most for an answer.
    /// </summary>
    internal TimeSpan JoinPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What to do to packets on their way out; null: nothing.</summary>
    internal UdpFaults? Faults { get; init; }

    /// <summary>Where to record the packets of both directions; the port does not own it.</summary>
    internal PacketCapture? Capture { get; init; }
}
