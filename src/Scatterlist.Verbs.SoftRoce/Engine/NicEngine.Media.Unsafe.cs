using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Scatterlist.Verbs.SoftRoce.Engine;

internal sealed unsafe partial class NicEngine
{
    private readonly SoftNicOptions _options;

    internal NicEngine(SoftNicOptions options, IReadOnlyList<GidEntry> gids, Mtu activeMtu)
    {
        _options = options;
        Gids = gids;
        ActiveMtu = activeMtu;
        Span<byte> drawn = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(drawn);
        Guid = (BinaryPrimitives.ReadUInt64BigEndian(drawn) & ~0x0100_0000_0000_0000ul) | 0x0200_0000_0000_0000ul;
    }

    /// <summary>The node's GUID: drawn, with the bits of a locally administered EUI-64.</summary>
    internal ulong Guid { get; }

    /// <summary>The GID table; index 0 is the address that the NIC was opened with.</summary>
    internal IReadOnlyList<GidEntry> Gids { get; }

    /// <summary>The largest payload that every address's interface carries.</summary>
    internal Mtu ActiveMtu { get; }

    /// <summary>How many low bits of a queue pair's number say which process it is, where an address is shared.</summary>
    private int SlotBits { get; }

    private uint Slot { get; }

    /// <exception cref="VerbsException">The path cannot be taken: no such GID, no global route, a wrong port.</exception>
    internal void CheckAddress(string verb, in AddressHandleAttributes attributes)
    {
        string? wrong = attributes switch
        {
            { Port: not 1 } => $"The port is {attributes.Port}; the soft NIC has port 1 alone.",
            { IsGlobal: false } => "RoCE needs a global route: IsGlobal and the peer's GID.",
            { Destination.IsZero: true } => "The peer's GID is empty.",
            _ when attributes.SourceGidIndex >= Gids.Count =>
                $"The GID index is {attributes.SourceGidIndex}; the table has {Gids.Count} places.",
            _ when attributes.Destination.IsIPv4 != Gids[attributes.SourceGidIndex].Gid.IsIPv4 =>
                "The own GID and the peer's are not of the same IP version.",
            _ => null,
        };
        if (wrong is not null)
            throw new VerbsException(verb, Errno.EINVAL, wrong);
    }

#pragma warning disable CA1822 // the media follow
    /// <summary>The path to a peer, by shared memory or by UDP; null when there is none. Under the lock.</summary>
    internal PacketPath? Connect(in AddressHandleAttributes address, uint destinationQueuePair, bool isConnected) => null;

    internal void RevokeRegion(Objects.SoftRegion region)
    {
    }

    private int PollUdp(int budget) => 0;

    private int PollSameHost(int budget) => 0;

    private bool PrepareSameHostSleep() => true;

    private void ProcessSameHostControl()
    {
    }

    private void AddDescriptors(ref WaitPlan wait)
    {
    }

    private void CloseMedia()
    {
    }
}
