using System.Net;
using System.Net.Sockets;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Engine.Udp;
using Scatterlist.Verbs.SoftRoce.Wire;
using static Scatterlist.Verbs.SoftRoce.Tests.Udp.UdpFixture;

namespace Scatterlist.Verbs.SoftRoce.Tests.Udp;

public sealed class UdpPortTests
{
    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void Packets_of_any_size_arrive_as_they_were_sent(bool isV6, bool segmentation)
    {
        var options = new UdpPortOptions { Segmentation = segmentation };
        if (isV6)
            options = options with { Port = FreshPortV6() };

        // On ::1 there is one address, so the port talks to itself.
        using UdpPort sender = UdpPort.Open(isV6 ? IPAddress.IPv6Loopback : FreshV4(), options);
        using UdpPort? other = isV6 ? null : Open(options);
        UdpPort receiver = other ?? sender;
        UdpPath path = sender.CreatePath(receiver.Local);
        Assert.Equal(4096, path.MaxPayload);
        using HostBuffer memory = HostBuffer.Allocate(64 << 10);
        SeededRandom.Run(5, random =>
        {
            random.NextBytes(memory.AsSpan());
            var keeper = new Keeper();
            List<byte[]> expected = [];
            for (uint psn = 0; psn < 40; psn++)
            {
                // Runs of equal lengths, as a message's segments are, with others between.
                int length = random.Next(3) == 0 ? random.Next(4097) : 1024;
                int cut = random.Next(length + 1), padding = -length & 3;
                Block[] payload = [new(memory.Address, (nuint)cut), new(memory.Address + 5000, (nuint)(length - cut))];
                byte[] header = Header(psn, padding);
                Assert.True(path.TryQueue(header, payload, padding, 0, 64));
                expected.Add([.. header, .. payload[0].AsSpan(), .. payload[1].AsSpan(), .. new byte[padding]]);
            }

            path.Flush();
            Assert.True(ReceiveAll(receiver, keeper, expected.Count));
            Assert.Equal(expected, keeper.Packets.Select(p => p.Bytes));
            Assert.All(keeper.Packets, p => Assert.Equal((sender.Local, receiver.Local), (p.Source, p.Destination)));
        });
        Assert.Equal(200, receiver.Counters.Received);
        Assert.Equal(200, sender.Counters.Sent);
        Assert.Equal((0, 0, 0, 0), (receiver.Counters.BadIcrc, receiver.Counters.TooShort,
            receiver.Counters.Malformed, sender.Counters.SendErrors));
    }

    [Fact]
    public void A_stream_arrives_whole_after_a_conversation_and_a_conversation_after_a_stream()
    {
        // For a conversation the port asks the kernel another way, and less of it.
        using UdpPort sender = Open(), receiver = Open();
        receiver.TellsHeaders = false;
        UdpPath path = sender.CreatePath(receiver.Local);
        var keeper = new Keeper();
        uint sent = 0;
        foreach (int stream in (int[])[40, 7, 64])
        {
            for (int i = 0; i < 150; i++)
            {
                Assert.True(path.TryQueue(Header(sent++), [], 0, 0, 64));
                path.Flush();
                Assert.True(ReceiveAll(receiver, keeper, (int)sent));
                Assert.Equal(0, receiver.Receive(keeper, 64)); // as one who waits for the answer looks
            }

            for (int i = 0; i < stream; i++)
                Assert.True(path.TryQueue(Header(sent++), [], 0, 0, 64));
            path.Flush();
            for (int i = 0; i < stream; i++)
            {
                Assert.True(path.TryQueue(Header(sent++), [], 0, 0, 64));
                path.Flush();
            }

            Assert.True(ReceiveAll(receiver, keeper, (int)sent));
        }

        Assert.Equal(Enumerable.Range(0, (int)sent).Select(psn => (uint)psn), keeper.Sequence);
        Assert.All(keeper.Packets, p => Assert.Equal(sender.Local, p.Source));
        Assert.Equal(0, receiver.Counters.BadIcrc);
    }

    [Fact]
    public void Acknowledgements_that_come_with_the_answers_do_not_end_a_conversation()
    {
        using UdpPort sender = Open(), receiver = Open();
        receiver.TellsHeaders = false;
        UdpPath path = sender.CreatePath(receiver.Local);
        var keeper = new Keeper();
        uint sent = 0;
        Converse(packets: 1);
        Converse(packets: 1);
        Assert.True(receiver.IsInConversation);
        Converse(packets: 2);
        Converse(packets: 3);
        Assert.True(receiver.IsInConversation);
        Converse(packets: 8);
        Assert.False(receiver.IsInConversation); // it is a stream
        Assert.Equal(Enumerable.Range(0, (int)sent).Select(psn => (uint)psn), keeper.Sequence);

        void Converse(int packets)
        {
            for (int i = 0; i < 50; i++)
            {
                for (int packet = 0; packet < packets; packet++)
                    Assert.True(path.TryQueue(Header(sent++), [], 0, 0, 64));
                path.Flush();
                Assert.True(ReceiveAll(receiver, keeper, (int)sent));
                receiver.Receive(keeper, 64);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Traffic_class_and_hop_limit_reach_the_peer(bool isV6)
    {
        var options = new UdpPortOptions();
        if (isV6)
            options = options with { Port = FreshPortV6() };
        using UdpPort port = UdpPort.Open(isV6 ? IPAddress.IPv6Loopback : FreshV4(), options);
        UdpPath path = port.CreatePath(port.Local);
        (byte Class, byte Hops)[] marks = [(0, 64), (0x28, 64), (0x28, 64), (0, 1), (0x60, 255), (0, 0)];
        for (int i = 0; i < marks.Length; i++)
            Assert.True(path.TryQueue(Header((uint)i), [], 0, marks[i].Class, marks[i].Hops));
        path.Flush();
        var keeper = new Keeper();
        Assert.True(ReceiveAll(port, keeper, marks.Length));
        marks[^1] = (0, 64); // 0 hops would go nowhere
        Assert.Equal(marks, keeper.Packets.Select(p => (p.TrafficClass, p.HopLimit)));
    }

    [Fact]
    public void The_kernel_sends_the_identifications_that_the_ICRC_was_made_for()
    {
        // A plain socket sees the segments of a message one by one; the checker would find any other identification.
        using UdpPort sender = Open();
        using var plain = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        IPAddress local = FreshV4();
        plain.Bind(new IPEndPoint(local, 4791));
        plain.ReceiveTimeout = 2000;
        UdpPath path = sender.CreatePath(Gid.FromAddress(local));
        for (uint i = 0; i < 10; i++)
            Assert.True(path.TryQueue(Header(i), [], 0, 0, 64));
        path.Flush();
        byte[] bytes = new byte[2000];
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(16, plain.Receive(bytes));
            Assert.Equal(i, Identify(bytes, 16, sender.Local, Gid.FromAddress(local)));
        }
    }

    [Fact]
    public void Damaged_and_short_packets_are_dropped_and_counted()
    {
        using UdpPort port = Open();
        using var plain = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var to = new IPEndPoint(port.Local.ToAddress(), 4791);
        plain.SendTo(new byte[15], to);
        plain.SendTo([], to);
        plain.SendTo(new byte[16], to);
        plain.SendTo(new byte[60_000], to);
        var keeper = new Keeper();
        Eventually.True(() =>
        {
            port.Receive(keeper, 10);
            return port.Counters.TooShort + port.Counters.BadIcrc >= 4;
        }, "four packets are counted as bad");
        Assert.Empty(keeper.Packets);
        Assert.Equal((2, 2), (port.Counters.TooShort, port.Counters.BadIcrc));
    }

    [Fact]
    public void Batches_larger_than_the_arena_arrive_in_full()
    {
        using UdpPort sender = Open();
        using UdpPort receiver = Open();
        UdpPath path = sender.CreatePath(receiver.Local);
        using HostBuffer memory = HostBuffer.Allocate(4096);
        var keeper = new Keeper();
        for (uint i = 0; i < 500; i++)
        {
            Assert.True(path.TryQueue(Header(i), [new(memory.Address, 4096)], 0, 0, 64));
            receiver.Receive(keeper, 1000);
        }

        path.Flush();
        Assert.True(ReceiveAll(receiver, keeper, 500));
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (uint)i), keeper.Sequence);
    }

    [Fact]
    public void Packets_to_many_peers_share_a_batch()
    {
        using UdpPort sender = Open();
        UdpPort[] receivers = [Open(), Open(), Open()];
        UdpPath[] paths = [.. receivers.Select(receiver => sender.CreatePath(receiver.Local))];
        for (uint i = 0; i < 90; i++)
            Assert.True(paths[i / 2 % 3].TryQueue(Header(i), [], 0, 0, 64));
        paths[0].Flush();
        foreach ((UdpPort receiver, int index) in receivers.Select((receiver, index) => (receiver, index)))
        {
            var keeper = new Keeper();
            Assert.True(ReceiveAll(receiver, keeper, 30));
            Assert.Equal(Enumerable.Range(0, 90).Where(i => i / 2 % 3 == index).Select(i => (uint)i), keeper.Sequence);
            receiver.Dispose();
        }
    }

    [Fact]
    public unsafe void Nothing_is_allocated_for_a_packet()
    {
        using UdpPort sender = Open();
        using UdpPort receiver = Open();
        UdpPath path = sender.CreatePath(receiver.Local);
        using HostBuffer memory = HostBuffer.Allocate(4096);
        Block[] payload = [new(memory.Address, 4096)];
        byte[] header = Header(1);
        var counter = new Counter();
        AllocationMeter.AssertNone(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                path.TryQueue(header, payload, 0, 0, 64);
                path.TryQueue(header, [], 0, 0x20, 64);
            }

            path.Flush();
            receiver.Receive(counter, 1000);
        });
        Assert.True(counter.Count >= 40);
    }

    [Fact]
    public void A_taken_address_is_refused_with_the_remedy()
    {
        using UdpPort first = Open();
        var error = Assert.Throws<VerbsException>(() => UdpPort.Open(first.Local.ToAddress(), new()));
        Assert.Equal((Errno.EADDRINUSE, VerbsErrorKind.Busy), (error.Errno, error.Kind));
        Assert.Contains("127.0.0.0/8", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.1", Errno.EADDRNOTAVAIL, "ip addr")]
    [InlineData("0.0.0.0", Errno.EINVAL, "address")]
    [InlineData("::", Errno.EINVAL, "address")]
    public void An_address_that_is_not_here_is_refused_with_the_remedy(string address, Errno errno, string remedy)
    {
        var error = Assert.Throws<VerbsException>(() => UdpPort.Open(IPAddress.Parse(address), new()));
        Assert.Equal(errno, error.Errno);
        Assert.Contains(remedy, error.Message, StringComparison.Ordinal);
    }

    private static unsafe int Identify(byte[] packet, int length, Gid source, Gid destination)
    {
        fixed (byte* start = packet)
        {
            uint state = Icrc.HeaderState(source, destination, 4791, 4791, length);
            uint difference = Icrc.Compute(state, start, length - 4) ^ Icrc.Read(start + length - 4);
            return Icrc.RecoverIdentification(difference, length - 4);
        }
    }

    private sealed class Counter : IPacketHandler
    {
        internal int Count { get; private set; }

        public void OnPacket(in ReceivedPacket packet) => Count++;
    }
}
