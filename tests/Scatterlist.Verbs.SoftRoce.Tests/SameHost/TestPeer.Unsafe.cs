using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Engine.SameHost;

namespace Scatterlist.Verbs.SoftRoce.Tests.SameHost;

/// <summary>A NIC's same-host service with a handler that keeps what comes.</summary>
internal sealed unsafe class TestPeer : IPacketHandler, IDisposable
{
    internal TestPeer(string directory, string address, Func<SameHostOptions, SameHostOptions>? change = null)
    {
        Gid = Gid.Parse(address);
        var options = new SameHostOptions { Gids = [Gid], Directory = directory, PathDied = Died.Add };
        Service = SameHostService.Start(change is null ? options : change(options));
    }

    internal Gid Gid { get; }

    internal SameHostService Service { get; }

    internal List<byte[]> Received { get; } = [];

    internal List<PacketPath> Died { get; } = [];

    internal PacketPath? LastPath { get; private set; }

    internal (Gid Source, Gid Destination, byte TrafficClass, byte HopLimit) LastFrom { get; private set; }

    /// <summary>Gets each packet instead of <see cref="Received"/>.</summary>
    internal Action<ReadOnlySpan<byte>>? Handler { get; set; }

    public void OnPacket(in ReceivedPacket packet)
    {
        LastPath = packet.Path;
        LastFrom = (packet.Source, packet.Destination, packet.TrafficClass, packet.HopLimit);
        var bytes = new ReadOnlySpan<byte>(packet.Bytes, packet.Length);
        int header = Math.Min(packet.Length, ReceivedPacket.HeaderCapacity);
        if (!bytes[..header].SequenceEqual(new ReadOnlySpan<byte>(packet.Header, header)))
            throw new InvalidOperationException("The header's copy differs.");
        if (Handler is { } handler)
            handler(bytes);
        else
            Received.Add(bytes.ToArray());
    }

    internal PacketPath? Connect(TestPeer peer, uint queuePair = 17) => Connect(peer.Gid, queuePair);

    internal PacketPath? Connect(in Gid peer, uint queuePair = 17) => Service.TryConnect(Gid, peer, queuePair);

    /// <summary>Everything that one turn of an engine does.</summary>
    internal int Turn(int budget = 100)
    {
        Service.ProcessControl();
        return Service.Poll(this, budget);
    }

    internal void WaitForPackets(int count) => Eventually.True(
        () =>
        {
            Turn();
            return Received.Count >= count;
        },
        () => $"{Received.Count} of {count} packets came");

    public void Dispose() => Service.Dispose();
}
