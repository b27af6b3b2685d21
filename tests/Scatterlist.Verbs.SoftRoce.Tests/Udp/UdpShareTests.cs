using System.Net;
using System.Net.Sockets;
using Scatterlist.HostFd;
using Scatterlist.Verbs.SoftRoce.Engine.Udp;
using Scatterlist.Verbs.SoftRoce.Interop;
using Scatterlist.Verbs.SoftRoce.Wire;
using static Scatterlist.Verbs.SoftRoce.Tests.Udp.UdpFixture;

namespace Scatterlist.Verbs.SoftRoce.Tests.Udp;

/// <summary>Ports that share an address; one process stands for several, since each port joins by itself.</summary>
public sealed class UdpShareTests
{
    private static readonly UdpPortOptions Shared = new() { IsShared = true };

    [Fact]
    public void Each_gets_the_packets_of_its_own_queue_pairs()
    {
        IPAddress address = FreshV4();
        UdpPort[] ports = [.. Enumerable.Range(0, 3).Select(_ => UdpPort.Open(address, Shared))];
        Assert.Equal([0, 1, 2], ports.Select(port => port.Slot));
        AssertSteered(ports);
        Array.ForEach(ports, port => port.Dispose());
    }

    [Fact]
    public void Others_keep_their_packets_when_one_goes_and_another_comes()
    {
        IPAddress address = FreshV4();
        UdpPort[] ports = [.. Enumerable.Range(0, 4).Select(_ => UdpPort.Open(address, Shared))];
        ports[0].Dispose(); // the one that made the sockets
        ports[2].Dispose();
        AssertSteered([ports[1], ports[3]]);
        UdpPort[] later = [UdpPort.Open(address, Shared), UdpPort.Open(address, Shared)];
        Assert.Equal([0, 2], later.Select(port => port.Slot));
        AssertSteered([ports[1], ports[3], .. later]);
        foreach (UdpPort port in (UdpPort[])[ports[1], ports[3], .. later])
            port.Dispose();

        // All are gone: the next one starts anew.
        using UdpPort first = UdpPort.Open(address, Shared);
        AssertSteered([first]);
    }

    [Fact]
    public void What_came_for_the_last_owner_of_a_slot_is_not_given_to_the_next()
    {
        IPAddress address = FreshV4();
        using UdpPort stays = UdpPort.Open(address, Shared);
        UdpPort goes = UdpPort.Open(address, Shared);
        Assert.Equal(1, goes.Slot);
        Send(stays.Local, 0x51);
        goes.Dispose();
        Send(stays.Local, 0x51);
        using UdpPort next = UdpPort.Open(address, Shared);
        Assert.Equal(1, next.Slot);
        var keeper = new Keeper();
        next.Receive(keeper, 100);
        Assert.Empty(keeper.Packets);
        AssertSteered([stays, next]);
    }

    [Fact]
    public void The_seventeenth_is_refused_with_the_remedy()
    {
        IPAddress address = FreshV4();
        List<UdpPort> ports = [.. Enumerable.Range(0, 16).Select(_ => UdpPort.Open(address, Shared))];
        AssertSteered(ports);
        var error = Assert.Throws<VerbsException>(() => UdpPort.Open(address, Shared));
        Assert.Equal(VerbsErrorKind.Busy, error.Kind);
        Assert.Contains("127.0.0.0/8", error.Message, StringComparison.Ordinal);
        ports.ForEach(port => port.Dispose());
    }

    [Fact]
    public void An_address_that_is_not_shared_cannot_be_joined_nor_taken()
    {
        using UdpPort alone = Open();
        Assert.Equal(
            Errno.EADDRINUSE,
            Assert.Throws<VerbsException>(() => UdpPort.Open(alone.Local.ToAddress(), Shared)).Errno);
        using UdpPort shared = UdpPort.Open(FreshV4(), Shared);
        Assert.Equal(
            Errno.EADDRINUSE,
            Assert.Throws<VerbsException>(() => UdpPort.Open(shared.Local.ToAddress(), new())).Errno);
        Assert.Equal(-1, alone.Slot);
    }

    [Fact]
    public async Task Those_that_hang_keep_nobody_from_joining()
    {
        // Two that answer nobody, in the places where one asks first; each of three that join at once has its turn.
        IPAddress address = FreshV4();
        UdpPort[] ports = [.. Enumerable.Range(0, 3).Select(_ => UdpPort.Open(address, Shared))];
        ports[0].Dispose();
        ports[1].Dispose();
        using UnixSocket first = Hold(address, "0"), second = Hold(address, "1");
        UdpPort[] joined = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => Task.Run(() => UdpPort.Open(address, Shared))));
        Assert.Equal([3, 4, 5], joined.Select(port => port.Slot).Order());
        AssertSteered([ports[2], .. joined]);
        foreach (UdpPort port in (UdpPort[])[ports[2], .. joined])
            port.Dispose();
    }

    [Fact]
    public void Who_joins_for_too_long_is_named()
    {
        IPAddress address = FreshV4();
        using UnixSocket turn = Hold(address, "join");
        var error = Assert.Throws<VerbsException>(
            () => UdpPort.Open(address, Shared with { JoinPatience = TimeSpan.FromMilliseconds(50) }));
        Assert.Equal(VerbsErrorKind.Busy, error.Kind);
        Assert.Contains($"Process {Environment.ProcessId} ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sockets_of_another_program_in_between_are_noticed()
    {
        // It shares the port, as the same user may, but knows nothing of slots: the order would be wrong.
        IPAddress address = FreshV4();
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.SetRawSocketOption(1, 15, BitConverter.GetBytes(1)); // SO_REUSEPORT
        other.Bind(new IPEndPoint(address, 4791));
        var error = Assert.Throws<VerbsException>(() => UdpPort.Open(address, Shared));
        Assert.Equal(Errno.EADDRINUSE, error.Errno);
        Assert.Contains("another program", error.Message, StringComparison.Ordinal);
    }

    private static void AssertSteered(IReadOnlyList<UdpPort> ports)
    {
        foreach (UdpPort port in ports)
        {
            for (uint i = 0; i < 5; i++)
                Send(port.Local, (i << UdpShare.SlotBits) | (uint)port.Slot);
        }

        foreach (UdpPort port in ports)
        {
            var keeper = new Keeper();
            Assert.True(ReceiveAll(port, keeper, 5));
            Assert.Equal(5, keeper.Packets.Count);
            Assert.All(keeper.Packets, packet => Assert.Equal(port.Slot, packet.Bytes[7] & 15));
        }
    }

    // What a process has that shares the address, and has stopped.
    private static UnixSocket Hold(IPAddress address, string what) => UnixSocket.Listen(
        $"\0scatterlist-roce/{SameHostCalls.GetEffectiveUser()}/{new IPEndPoint(address, Shared.Port)}/{what}");

    private static void Send(Gid to, uint queuePair)
    {
        using UdpPort sender = Open();
        UdpPath path = sender.CreatePath(to);
        byte[] bytes = new byte[HeaderSizes.Base];
        var writer = new HeaderWriter(bytes);
        writer.Base(Opcode.UcSendOnly, 0, queuePair, 1);
        Assert.True(path.TryQueue(bytes, [], 0, 0, 64));
        path.Flush();
    }
}
