using Scatterlist.HostFd;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Engine.SameHost;

namespace Scatterlist.Verbs.SoftRoce.Tests.SameHost;

[Collection(SameHostCollection.Name)]
public sealed class ServiceTests : IDisposable
{
    private const string A = "127.1.0.1";
    private const string B = "127.1.0.2";

    private readonly TempDirectory _directory = new();

    private string Place => _directory["meet"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Packets_go_both_ways_with_their_addresses()
    {
        using TestPeer a = Start(A);
        using TestPeer b = Start(B);
        PacketPath path = a.Connect(b)!;
        Assert.True(path.IsReliable);
        Send(path, [1, 2, 3], 5, 6);
        Assert.Empty(b.Received);
        b.WaitForPackets(1);
        Assert.Equal([1, 2, 3], b.Received[0]);
        Assert.Equal((a.Gid, b.Gid, (byte)5, (byte)6), b.LastFrom);

        Send(b.LastPath!, [4, 5], 7, 8);
        a.WaitForPackets(1);
        Assert.Equal([4, 5], a.Received[0]);
        Assert.Equal((b.Gid, a.Gid, (byte)7, (byte)8), a.LastFrom);
        Assert.Same(path, a.LastPath);
    }

    [Fact]
    public void All_queue_pairs_of_two_NICs_share_one_channel()
    {
        using TestPeer a = Start(A);
        using TestPeer b = Start(B);
        PacketPath path = a.Connect(b, 17)!;
        Assert.Same(path, a.Connect(b, 18));
        b.Turn();
        Assert.NotNull(b.Connect(a, 99));
        b.Turn();
        a.Turn();
        Assert.Equal((1, 1), (a.Service.Channels, b.Service.Channels));
    }

    [Fact]
    public void Who_connects_to_a_peer_that_has_just_connected_takes_its_channel()
    {
        using TestPeer a = Start(A);
        using TestPeer b = Start(B);
        PacketPath fromA = a.Connect(b)!;
        Send(fromA, [1]);
        PacketPath fromB = b.Connect(a)!; // no turn between
        Send(fromB, [2]);
        a.WaitForPackets(1);
        b.WaitForPackets(1);
        Assert.Equal((2, 1), (a.Received[0][0], b.Received[0][0]));
        Assert.Equal((1, 1), (a.Service.Channels, b.Service.Channels));
        Assert.Same(fromA, a.LastPath);
        Assert.Same(fromB, b.LastPath);
    }

    [Fact]
    public void Two_connects_at_once_work_whether_they_make_one_channel_or_two()
    {
        int two = 0;
        for (int round = 0; round < 200; round++)
        {
            using TestPeer a = Start(A);
            using TestPeer b = Start(B);
            PacketPath? fromA = null, fromB = null;
            using var start = new Barrier(2);
            Parallel.Invoke(
                () =>
                {
                    start.SignalAndWait();
                    fromA = a.Connect(b);
                },
                () =>
                {
                    start.SignalAndWait();
                    fromB = b.Connect(a);
                });
            Send(fromA!, [1]);
            Send(fromB!, [2]);
            a.WaitForPackets(1);
            b.WaitForPackets(1);
            Assert.Equal((2, 1), (a.Received[0][0], b.Received[0][0]));
            Assert.Same(fromA, a.Connect(b));
            Assert.Same(fromB, b.Connect(a));
            Assert.Equal(a.Service.Channels, b.Service.Channels);
            two += a.Service.Channels == 2 ? 1 : 0;
        }

        TestContext.Current.SendDiagnosticMessage("{0} of 200 times there were two channels.", two);
    }

    [Fact]
    public void A_NIC_reaches_itself()
    {
        using TestPeer a = Start(A);
        PacketPath path = a.Connect(a)!;
        Send(path, [9]);
        a.WaitForPackets(1);
        Send(a.LastPath!, [8]);
        a.WaitForPackets(2);
        Assert.Same(path, a.LastPath);
        Assert.Same(path, a.Connect(a));
    }

    [Fact]
    public void NICs_that_share_an_address_are_told_apart_by_the_queue_pairs_number()
    {
        using TestPeer a = Start(A, options => options with { SlotMask = 3, Slot = 1 });
        using TestPeer b = Start(A, options => options with { SlotMask = 3, Slot = 2 });
        PacketPath own = a.Connect(a, 4 + 1)!;
        PacketPath other = a.Connect(a.Gid, 4 + 2)!;
        Assert.NotSame(own, other);
        Assert.Null(a.Connect(a.Gid, 4 + 3));
        Send(other, [1]);
        b.WaitForPackets(1);
        Assert.NotNull(b.Connect(a.Gid, 8 + 1));
        Assert.Equal(1, b.Service.Channels);

        using TestPeer alone = Start(B, options => options with { SlotMask = 3 });
        Send(alone.Connect(a.Gid, 4 + 2)!, [2]);
        b.WaitForPackets(2);
        Assert.NotNull(b.Connect(alone, 99));
        Assert.Equal(2, b.Service.Channels);
    }

    [Fact]
    public void Who_listens_nowhere_is_reached_by_other_means()
    {
        using TestPeer a = Start(A);
        Assert.Null(a.Connect(Gid.Parse(B)));
        Assert.Null(a.Service.TryConnect(Gid.Parse(B), a.Gid, 17));
    }

    [Fact]
    public void A_welcome_without_its_descriptor_costs_the_grants_alone()
    {
        using TestPeer a = Start(A);
        using TestPeer b = Start(B);
        PacketPath path = a.Connect(b)!;
        b.Turn();
        DescriptorLimit.WithoutDescriptors(() => a.Turn());
        Send(path, [1]);
        b.WaitForPackets(1);
        Send(b.LastPath!, [2]);
        a.WaitForPackets(1);
        Assert.Null(path.Direct);
        using HostBuffer memory = HostBuffer.Allocate(4096, new HostBufferOptions { IsShareable = true });
        b.LastPath!.OfferGrant(new GrantOffer(1, 2, 0, 4096, AccessFlags.RemoteWrite, memory.Descriptor!, 0));
        a.Turn();
        b.Service.RevokeRegion(2);
        a.Turn();
        Assert.Equal((1, 1), (a.Service.Channels, b.Service.Channels));
    }

    [Fact]
    public void A_process_without_descriptors_turns_away_by_the_one_in_reserve()
    {
        using TestPeer a = Start(A);
        using UnixSocket first = Rendezvous.TryConnect(RendezvousPath(A))!;
        using UnixSocket second = Rendezvous.TryConnect(RendezvousPath(A))!;
        var taken = new List<FileDescriptor>();
        const int Limit = 512;
        DescriptorLimit.WithoutDescriptors(
            () =>
            {
                try
                {
                    while (true)
                        taken.Add(HostFile.Open("/dev/null", OpenFlags.ReadOnly));
                }
                catch (ScatterlistException)
                {
                    a.Turn();
                }
            },
            Limit);
        taken.ForEach(descriptor => descriptor.Dispose());
        Assert.Equal(2, a.Service.Refused);
        using TestPeer b = Start(B);
        Send(b.Connect(a)!, [1]);
        a.WaitForPackets(1);
    }

    [Fact]
    public void Who_cannot_even_turn_away_sleeps_and_listens_again_later()
    {
        using TestPeer a = Start(A);
        using TestPeer b = Start(B);
        PacketPath path = b.Connect(a)!;
        var descriptor = new PollDescriptor(a.Service.EventDescriptor);
        DescriptorLimit.WithoutDescriptors(() =>
        {
            a.Service.ProcessControl();
            Assert.False(descriptor.Wait(0), "a connection that cannot be taken keeps the thread awake");
            Assert.NotEqual(long.MaxValue, a.Service.WakesAt);
        });
        Send(path, [1]);
        a.WaitForPackets(1);
        Assert.Equal(long.MaxValue, a.Service.WakesAt);
    }

    [Fact]
    public void A_peer_that_never_answers_holds_nobody_up()
    {
        using TestPeer a = Start(A);
        using var silent = UnixSocket.Listen(
            RendezvousPath(B), UnixSocketType.SeqPacket, new UnixListenOptions { Backlog = 1 });
        var waiting = new List<UnixSocket>();
        for (int i = 0; i < 4; i++)
        {
            if (Rendezvous.TryConnect(RendezvousPath(B)) is { } socket)
                waiting.Add(socket);
        }

        Assert.Null(a.Connect(Gid.Parse(B))); // the backlog is full
        silent.TryAccept()!.Dispose();
        PacketPath path = a.Connect(Gid.Parse(B))!;
        for (int i = 0; i < 100_000; i++)
            path.TryQueue(new byte[12], default, 0, 0, 0); // full, and still nobody waits
        path.Flush();
        waiting.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public void A_dead_process_s_socket_file_is_replaced_and_leads_nowhere()
    {
        using TestPeer a = Start(A);
        string path = RendezvousPath(B);
        using (var dead = UnixSocket.Listen(path))
        {
            // A killed process leaves its file behind.
            File.Move(path, path + ".kept");
        }

        File.Move(path + ".kept", path);
        Assert.Null(a.Connect(Gid.Parse(B)));
        using TestPeer b = Start(B);
        Assert.NotNull(a.Connect(b));
    }

    [Fact]
    public void An_address_in_use_is_not_taken_over()
    {
        using TestPeer a = Start(A);
        Assert.Equal(Errno.EADDRINUSE, Assert.Throws<ScatterlistException>(() => Start(A)).Errno);
        Send(a.Connect(a)!, [1]);
        a.WaitForPackets(1);
    }

    [Fact]
    public void The_meeting_place_and_its_sockets_are_the_users_alone()
    {
        using TestPeer a = Start(A);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Place));
        string socket = Assert.Single(Directory.GetFileSystemEntries(Place));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(socket));
        a.Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(Place));
    }

    [Fact]
    public void A_meeting_place_that_others_can_enter_is_refused()
    {
        Directory.CreateDirectory(Place);
        File.SetUnixFileMode(Place, (UnixFileMode)0x1ED); // 0755
        Assert.Equal(Errno.EPERM, Assert.Throws<ScatterlistException>(() => Start(A)).Errno);
        File.SetUnixFileMode(Place, (UnixFileMode)0x1C0); // 0700
        using TestPeer a = Start(A);
        string link = _directory["link"];
        Directory.CreateSymbolicLink(link, Place);
        Assert.Equal(
            Errno.EPERM,
            Assert.Throws<ScatterlistException>(() => new TestPeer(link, B)).Errno);
    }

    public static TheoryData<string> Strangers => ["user", "boot", "network"];

    [Theory]
    [MemberData(nameof(Strangers))]
    public void Ends_that_are_not_of_one_user_host_and_network_do_not_meet(string difference)
    {
        HostIdentity own = HostIdentity.Current!;
        HostIdentity other = difference switch
        {
            "user" => own with { User = own.User + 1 },
            "boot" => own with { Boot = Guid.NewGuid() },
            _ => own with { Network = own.Network + 1 },
        };
        using TestPeer a = Start(A);
        using TestPeer b = Start(B, options => options with { Host = other });
        if (difference == "network")
        {
            Assert.Null(a.Connect(b)); // the names differ already
            string name = Assert.Single(Directory.GetFileSystemEntries(Place, $"*-{other.Network}-*"));
            File.CreateSymbolicLink(name.Replace($"{other.Network}", $"{own.Network}", StringComparison.Ordinal), name);
        }

        PacketPath path = a.Connect(b)!;
        Send(path, [1]);
        b.Turn();
        a.Turn();
        a.Turn();
        Assert.Equal((1, 0, 0), (b.Service.Refused, b.Service.Channels, b.Received.Count));
        Assert.True(path.IsDead);
        Assert.Equal([path], a.Died);

        // The other way the connecting end finds out, or is found out.
        PacketPath? back = b.Connect(a);
        a.Turn();
        b.Turn();
        b.Turn();
        Assert.True(back is null or { IsDead: true });
        Assert.Equal(0, a.Service.Channels);
    }

    [Fact]
    public void What_a_closed_peer_sent_last_still_comes_and_then_the_path_is_dead()
    {
        using TestPeer a = Start(A);
        TestPeer b = Start(B);
        PacketPath path = a.Connect(b)!;
        b.Turn();
        Send(b.Connect(a)!, [7]);
        b.Dispose();
        a.WaitForPackets(1);
        Eventually.True(
            () =>
            {
                a.Turn();
                return path.IsDead;
            },
            "the path dies");
        a.Turn();
        Assert.Equal([path], a.Died);
        Assert.Equal(0, a.Service.Channels);
        Assert.True(path.TryQueue(new byte[12], default, 0, 0, 0)); // goes nowhere
        path.Flush();

        using TestPeer again = Start(B);
        PacketPath next = a.Connect(again)!;
        Assert.NotSame(path, next);
        Send(next, [3]);
        again.WaitForPackets(1);
    }

    [Fact]
    public void A_peer_that_went_unseen_is_not_connected_to_again()
    {
        using TestPeer a = Start(A);
        PacketPath first;
        using (TestPeer b = Start(B))
        {
            first = a.Connect(b)!;
            b.Turn();
        }

        using TestPeer again = Start(B);
        PacketPath second = a.Connect(again)!; // without a turn between
        Assert.NotSame(first, second);
        Send(second, [3]);
        again.WaitForPackets(1);
    }

    [Fact]
    public void A_path_allocates_nothing_per_packet()
    {
        using TestPeer a = Start(A);
        using TestPeer b = Start(B);
        PacketPath path = a.Connect(b)!;
        using HostBuffer payload = HostBuffer.Allocate(4096);
        Block[] blocks = [new Block(payload.Address, 4096)];
        byte[] header = new byte[28];
        int count = 0;
        b.Handler = bytes => count += bytes.Length;
        b.Turn();
        AllocationMeter.AssertNone(() =>
        {
            path.TryQueue(header, blocks, 0, 0, 0);
            path.Flush();
            b.Service.Poll(b, 10);
        });
        Assert.True(count > 100 * 4096);
    }

    [Fact]
    public void A_thousand_connects_leave_nothing_behind()
    {
        FdCounter descriptors = FdCounter.Start();
        int mappings = Mappings.Count("scatterlist-");
        using (TestPeer a = Start(A))
        {
            for (int i = 0; i < 1000; i++)
            {
                using TestPeer b = Start(B);
                PacketPath path = a.Connect(b)!;
                Send(path, [1]);
                b.WaitForPackets(1);
                b.Dispose();
                a.Turn();
                a.Turn();
                Assert.True(path.IsDead);
            }

            Assert.Equal(0, a.Service.Channels);
            Assert.Equal(mappings, Mappings.Count("scatterlist-"));
        }

        descriptors.AssertNothingNew();
    }

    [Fact]
    public void Noise_on_the_meeting_socket_is_turned_away()
    {
        using TestPeer a = Start(A);
        FdCounter descriptors = FdCounter.Start();
        SeededRandom.Run(300, random =>
        {
            using UnixSocket socket = Rendezvous.TryConnect(RendezvousPath(A))!;
            var noise = new byte[random.Next(ControlMessage.Size + 50)];
            random.NextBytes(noise);
            if (random.Next(2) == 0 && noise.Length > 4)
                BitConverter.TryWriteBytes(noise, (int)ControlKind.Hello);
            socket.SendMsg(noise, random.Next(3) == 0 ? [socket.Descriptor.Value, socket.Descriptor.Value] : []);
            a.Turn();
        });
        var silent = new List<UnixSocket>();
        for (int i = 0; i < 200 && Rendezvous.TryConnect(RendezvousPath(A)) is { } socket; i++)
        {
            silent.Add(socket); // says nothing at all
            a.Turn();
        }

        Assert.Equal(200, silent.Count);
        Assert.Equal(0, a.Service.Channels);
        silent.ForEach(socket => socket.Dispose());
        a.Turn();
        a.Turn();
        a.Turn();
        a.Turn();
        a.Turn();
        descriptors.AssertNothingNew();
        Send(a.Connect(a)!, [1]);
        a.WaitForPackets(1);
    }

    private static void Send(PacketPath path, byte[] packet, byte trafficClass = 0, byte hopLimit = 0)
    {
        Assert.True(path.TryQueue(packet, default, 0, trafficClass, hopLimit));
        path.Flush();
    }

    private string RendezvousPath(string address) =>
        Rendezvous.Open(Place, HostIdentity.Current!).PathOf(Gid.Parse(address), null);

    private TestPeer Start(string address, Func<SameHostOptions, SameHostOptions>? change = null) =>
        new(Place, address, change);
}
