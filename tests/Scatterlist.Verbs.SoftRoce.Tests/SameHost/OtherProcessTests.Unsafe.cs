using Scatterlist.Verbs.SoftRoce.Engine;

namespace Scatterlist.Verbs.SoftRoce.Tests.SameHost;

[Collection(SameHostCollection.Name)]
public sealed unsafe class OtherProcessTests : IDisposable
{
    private const string Own = "127.4.0.1";

    private readonly TempDirectory _directory = new();
    private readonly TestPeer _peer;

    public OtherProcessTests() => _peer = new TestPeer(_directory["meet"], Own);

    public void Dispose()
    {
        _peer.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_million_packets_reach_another_process_whole_and_in_order()
    {
        const uint Count = 1_000_000;
        using PeerProcess other = Start("check");
        PacketPath path = Connect();
        var random = new Random(11);
        for (uint number = 0; number < Count; number++)
        {
            PeerProcess.Send(path, number, random.Next(24, number % 1000 == 0 ? 60_000 : 500), _peer);
            if (random.Next(4) == 0)
                path.Flush();
            if (random.Next(100_000) == 0)
                Thread.Sleep(20); // the other falls asleep
        }

        path.TryQueue([0], default, 0, 0, 0);
        path.Flush();
        Assert.Equal($"{Count}", other.ReadLine());
    }

    [Fact]
    public void Both_ends_sleep_and_no_wake_up_is_lost()
    {
        using PeerProcess other = Start("echo");
        PacketPath path = Connect();
        int came = 0;
        _peer.Handler = bytes => came += BitConverter.ToInt32(bytes) == came ? 1 : -1_000_000;
        var descriptor = new PollDescriptor(_peer.Service.EventDescriptor);
        Span<byte> packet = stackalloc byte[12];
        var random = new Random(3);
        for (int i = 0; i < 5_000; i++)
        {
            BitConverter.TryWriteBytes(packet, i);
            Assert.True(path.TryQueue(packet, default, 0, 0, 0));
            path.Flush();
            while (came == i)
            {
                if (_peer.Service.Poll(_peer, 10) > 0)
                    continue;
                for (int spins = random.Next(4) == 0 ? random.Next(5000) : 0; spins > 0; spins--)
                    Thread.SpinWait(1);
                if (!_peer.Service.PrepareToSleep())
                    continue;
                Assert.True(descriptor.Wait(20_000), $"no wake-up after packet {i}");
                _peer.Service.CancelSleep();
                _peer.Service.ProcessControl();
            }

            Assert.Equal(i + 1, came);
        }
    }

    [Fact]
    public void Who_waits_for_room_is_woken_when_there_is_some()
    {
        using PeerProcess other = Start("check");
        PacketPath path = Connect();
        var descriptor = new PollDescriptor(_peer.Service.EventDescriptor);
        uint number = 0;
        int sleeps = 0;
        byte* bytes = stackalloc byte[2000];
        while (sleeps < 200 && number < 3_000_000)
        {
            Packets.Fill(new Span<byte>(bytes, 2000), number);
            *(uint*)bytes = number;
            Block[] blocks = [new Block((nint)bytes + 24, 1976)];
            if (path.TryQueue(new ReadOnlySpan<byte>(bytes, 24), blocks, 0, 0, 0))
            {
                number++;
                continue;
            }

            path.Flush();
            _peer.Service.ProcessControl();
            if (!_peer.Service.PrepareToSleep())
                continue;
            sleeps++;
            Assert.True(descriptor.Wait(20_000), $"no wake-up after packet {number}");
            _peer.Service.CancelSleep();
        }

        while (!path.TryQueue([0], default, 0, 0, 0))
            Thread.Yield();
        path.Flush();
        Assert.Equal($"{number}", other.ReadLine());
        Assert.Equal(200, sleeps);
    }

    [Fact]
    public void A_channel_made_while_a_thread_sleeps_wakes_it()
    {
        Assert.True(_peer.Service.PrepareToSleep());
        using PeerProcess other = Start("echo");
        PacketPath path = Connect();
        var descriptor = new PollDescriptor(_peer.Service.EventDescriptor);
        while (path.Direct is null)
            _peer.Service.ProcessControl(); // reads the welcome: the echo's own wake-up follows
        Assert.True(path.TryQueue(new byte[12], default, 0, 0, 0));
        path.Flush();
        Assert.True(descriptor.Wait(20_000), "nobody wakes the sleeper");
        _peer.Service.CancelSleep();
        _peer.WaitForPackets(1);
    }

    [Fact]
    public void A_sender_that_finds_no_room_while_a_thread_sleeps_gets_it_woken()
    {
        using PeerProcess other = Start("check");
        PacketPath path = Connect();
        var descriptor = new PollDescriptor(_peer.Service.EventDescriptor);
        Span<byte> packet = stackalloc byte[12];
        uint number = 0;
        for (int round = 0; round < 20; round++)
        {
            _peer.Service.ProcessControl();
            if (!_peer.Service.PrepareToSleep())
                continue;
            bool queued;
            do
            {
                Packets.Fill(packet, number);
                BitConverter.TryWriteBytes(packet, number);
                queued = path.TryQueue(packet, default, 0, 0, 0);
                number += queued ? 1u : 0;
            }
            while (queued);

            path.Flush();
            Assert.True(descriptor.Wait(20_000), "nobody tells of the room");
            _peer.Service.CancelSleep();
        }

        Eventually.True(() => path.TryQueue([0], default, 0, 0, 0), "there is room");
        path.Flush();
        Assert.Equal($"{number}", other.ReadLine());
    }

    [Fact]
    public void A_killed_peer_is_noticed_asleep_and_awake()
    {
        for (int round = 0; round < 2; round++)
        {
            bool asleep = round == 0;
            using PeerProcess other = Start("send");
            _peer.WaitForPackets(100);
            PacketPath path = _peer.LastPath!;
            other.Kill();
            if (asleep)
            {
                var descriptor = new PollDescriptor(_peer.Service.EventDescriptor);
                while (!path.IsDead)
                {
                    _peer.Service.Poll(_peer, 1000);
                    if (!_peer.Service.PrepareToSleep())
                        continue;
                    Assert.True(descriptor.Wait(20_000), "nobody says that the peer is dead");
                    _peer.Service.CancelSleep();
                    _peer.Service.ProcessControl();
                }
            }

            Eventually.True(
                () =>
                {
                    _peer.Service.Poll(_peer, 1000); // nothing but polls
                    return path.IsDead;
                },
                "the path dies");
            for (int i = 0; i < _peer.Received.Count; i++)
                Assert.Equal((uint)i, BitConverter.ToUInt32(_peer.Received[i])); // what it had sent is whole
            _peer.Received.Clear();
            _peer.Turn();
            Assert.Null(_peer.Connect(Gid.Parse(PeerProcess.Address)));
        }
    }

    [Fact]
    public void A_peer_that_dies_inside_of_an_access_holds_no_revocation_up()
    {
        using PeerProcess other = Start("access");
        using HostBuffer memory = Grant();
        Assert.Equal("inside", other.ReadLine());
        Assert.Equal(0x1122_3344u, BitConverter.ToUInt64(memory.AsSpan()[..8]));
        bool revoked = false;
        var revoker = new Thread(() =>
        {
            _peer.Service.RevokeRegion(PeerProcess.Key);
            Volatile.Write(ref revoked, true);
        });
        revoker.Start();
        Thread.Sleep(200);
        Assert.False(Volatile.Read(ref revoked)); // it is inside, and alive
        other.Kill();
        Assert.True(revoker.Join(20_000), "the revocation waits for a dead process");
    }

    [Fact]
    public void A_revocation_waits_for_another_process_to_be_outside()
    {
        using PeerProcess other = Start("access");
        using HostBuffer memory = Grant();
        Assert.Equal("inside", other.ReadLine());
        other.WriteLine("end");
        Assert.True(
            Task.Run(() => _peer.Service.RevokeRegion(PeerProcess.Key)).Wait(20_000), "the revocation never ends");
    }

    private HostBuffer Grant()
    {
        _peer.WaitForPackets(1);
        HostBuffer memory = HostBuffer.Allocate(4096, new HostBufferOptions { IsShareable = true });
        _peer.LastPath!.OfferGrant(new GrantOffer(
            PeerProcess.Pair, PeerProcess.Key, PeerProcess.Base, 4096, AccessFlags.RemoteWrite, memory.Descriptor!, 0));
        return memory;
    }

    private PacketPath Connect() => _peer.Connect(Gid.Parse(PeerProcess.Address))!;

    private PeerProcess Start(string role) => PeerProcess.Start(_directory["meet"], role, Own);
}
