using System.Runtime.InteropServices;
using Scatterlist.HostFd;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Engine.SameHost;

namespace Scatterlist.Verbs.SoftRoce.Tests.SameHost;

/// <summary>A peer that meets us well and then does what it likes.</summary>
[Collection(SameHostCollection.Name)]
public sealed class LyingPeerTests : IDisposable
{
    private static readonly HostIdentity Host = HostIdentity.Current!;

    private readonly TempDirectory _directory = new();
    private readonly TestPeer _victim;

    public LyingPeerTests() => _victim = new TestPeer(_directory["meet"], "127.3.0.1");

    public void Dispose()
    {
        _victim.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Scribbling_into_the_channel_costs_the_channel_alone() => SeededRandom.Run(100, random =>
    {
        using UnixSocket socket = Meet(random, out SharedMemory memory);
        using (memory)
        {
            for (int turn = 0; turn < 50 && _victim.Service.Channels != 0; turn++)
            {
                if (_victim.LastPath is { } path && random.Next(3) == 0)
                    path.TryQueue(new byte[random.Next(57)], default, 0, 0, 0);
                memory.Scribble(random, random.Next(1, 30));
                _victim.Turn();
                _victim.LastPath?.Flush();
            }
        }

        socket.Dispose();
        Eventually.True(
            () =>
            {
                _victim.Turn(10_000);
                return _victim.Service.Channels == 0;
            },
            "the channel goes");
        _victim.Received.Clear();
        AssertWellWithOthers();
    });

    [Fact]
    public void Wrong_control_messages_cost_the_channel_alone() => SeededRandom.Run(300, random =>
    {
        using UnixSocket socket = Meet(random, out SharedMemory memory);
        using (memory)
        using (FileDescriptor grown = SharedMapping.CreateMemFd("lied", 8192))
        {
            for (int i = 0; i < 30 && _victim.Service.Channels != 0; i++)
            {
                var message = new ControlMessage
                {
                    Kind = (ControlKind)random.Next(4, 7),
                    Number = (uint)random.Next(16),
                    Word = (ulong)random.Next(3),
                    QueuePair = (uint)random.Next(3),
                    Key = (uint)random.Next(3),
                    Length = Pick(random),
                    MemoryOffset = Pick(random),
                    Index = random.Next(-1, 3) * random.Next(700),
                    Memory = random.Next(-1, 3),
                };
                if (random.Next(20) == 0)
                    message.Kind = (ControlKind)random.Next(-2, 10);
                int[] descriptors = message.Kind == ControlKind.Memory || random.Next(10) == 0
                    ? [random.Next(3) == 0 ? socket.Descriptor.Value : grown.Value]
                    : [];
                socket.SendMsg(Bytes(message), descriptors, MessageFlags.DontWait);
                _victim.Turn();
                if (_victim.Service.Channels != 0)
                    TouchEverything();
            }
        }

        socket.Dispose();
        _victim.Turn();
        _victim.Turn();
        Assert.Equal(0, _victim.Service.Channels);
        AssertWellWithOthers();
    });

    [Fact]
    public void A_hello_with_other_memory_than_it_should_be_is_refused()
    {
        nuint ring = ChannelMemory.DefaultRingBytes;
        nuint right = ChannelMemory.FileBytes(ring);
        string path = _directory["file"];
        File.WriteAllBytes(path, new byte[right]);
        using FileDescriptor file = HostFile.Open(path, OpenFlags.ReadWrite);
        using FileDescriptor good = SharedMapping.CreateMemFd("lied", right);
        using FileDescriptor shorter = SharedMapping.CreateMemFd("lied", right - 4096);
        using FileDescriptor table = SharedMapping.CreateMemFd("lied", GrantLender.TableBytes);
        (ulong Ring, int Memory, int Table)[] wrong =
        [
            (ring, file.Value, table.Value), // could be truncated under us
            (ring, shorter.Value, table.Value),
            (ring / 2, good.Value, table.Value),
            (0, good.Value, table.Value),
            (3 * 65536, good.Value, table.Value),
            (ulong.MaxValue, good.Value, table.Value),
            (1ul << 63, good.Value, table.Value),
            (ring, good.Value, good.Value),
            (ring, table.Value, good.Value),
        ];
        foreach ((ulong ringBytes, int memory, int grants) in wrong)
        {
            using UnixSocket socket = Connect();
            ControlMessage hello = Hello(ringBytes);
            Assert.True(socket.SendMsg(Bytes(hello), [memory, grants]).IsSuccess);
            int refused = _victim.Service.Refused;
            _victim.Turn();
            Assert.Equal((refused + 1, 0), (_victim.Service.Refused, _victim.Service.Channels));
        }

        using UnixSocket right2 = Connect();
        Assert.True(right2.SendMsg(Bytes(Hello(ring)), [good.Value, table.Value]).IsSuccess);
        _victim.Turn();
        Assert.Equal(1, _victim.Service.Channels);
    }

    [Fact]
    public void A_process_without_descriptors_keeps_its_channel_and_does_without_the_grants()
    {
        using UnixSocket socket = Meet(new Random(1), out SharedMemory memory);
        using (memory)
        using (FileDescriptor granted = SharedMapping.CreateMemFd("granted", 8192))
        {
            var message = new ControlMessage { Kind = ControlKind.Memory, Memory = 1 };
            Assert.True(socket.SendMsg(Bytes(message), [granted.Value], MessageFlags.DontWait).IsSuccess);
            var grant = new ControlMessage
            {
                Kind = ControlKind.Grant, Number = (uint)AccessFlags.RemoteRead, Word = 1, QueuePair = 1, Key = 1,
                Length = 8192, Memory = 1,
            };
            Assert.True(socket.SendMsg(Bytes(grant), default, MessageFlags.DontWait).IsSuccess);
            DescriptorLimit.WithoutDescriptors(() => _victim.Turn());
            TouchEverything();
            memory.SendPacket(new Random(2));
            _victim.WaitForPackets(2);
            Assert.Equal(1, _victim.Service.Channels);
        }

        socket.Dispose();
        _victim.Turn();
        _victim.Turn();
        AssertWellWithOthers();
    }

    [Fact]
    public void A_flood_of_wake_ups_and_a_socket_that_is_never_read_hold_nobody_up()
    {
        using UnixSocket socket = Meet(new Random(1), out SharedMemory memory);
        using (memory)
        {
            while (socket.SendMsg([(byte)ControlKind.Wake], default, MessageFlags.DontWait).IsSuccess)
            {
            }

            PacketPath path = _victim.Connect(Gid.Parse("127.3.0.9"))!;
            for (int i = 0; i < 10_000; i++)
            {
                memory.FallAsleep();
                path.TryQueue(new byte[12], default, 0, 0, 0);
                path.Flush();
            }

            _victim.Turn();
            AssertWellWithOthers();
        }
    }

    private static ulong Pick(Random random) => random.Next(4) switch
    {
        0 => (ulong)random.Next(10_000),
        1 => ulong.MaxValue - (ulong)random.Next(10),
        2 => 8192,
        _ => 0,
    };

    private static byte[] Bytes(ControlMessage message) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<ControlMessage>(in message)).ToArray();

    private ControlMessage Hello(ulong ringBytes) => new()
    {
        Kind = ControlKind.Hello,
        Number = Rendezvous.Version,
        Word = ControlMessage.Magic,
        Boot = Host.Boot,
        Network = Host.Network,
        Source = Gid.Parse("127.3.0.9"),
        Destination = _victim.Gid,
        RingBytes = ringBytes,
        SourceSlot = -1,
    };

    private UnixSocket Connect() =>
        Rendezvous.TryConnect(Rendezvous.Open(_directory["meet"], Host).PathOf(_victim.Gid, null))!;

    private UnixSocket Meet(Random random, out SharedMemory memory)
    {
        UnixSocket socket = Connect();
        memory = new SharedMemory();
        using FileDescriptor table = SharedMapping.CreateMemFd("lied", GrantLender.TableBytes);
        socket.SendMsg(Bytes(Hello(ChannelMemory.MinRingBytes)), [memory.Descriptor.Value, table.Value]);
        memory.SendPacket(random);
        _victim.WaitForPackets(1);
        Assert.Equal(1, _victim.Service.Channels);
        return socket;
    }

    private unsafe void TouchEverything()
    {
        DirectAccess? direct = _victim.LastPath?.Direct;
        for (uint pair = 0; direct is not null && pair < 3; pair++)
        {
            for (uint key = 0; key < 3; key++)
            {
                for (ulong address = 0; address < 12288; address += 4095)
                {
                    byte* place = direct.TryBegin(pair, key, address, 4096, AccessFlags.RemoteRead);
                    if (place is null)
                        continue;
                    for (int i = 0; i < 4096; i++)
                        _ = Volatile.Read(ref place[i]);
                    direct.End();
                }
            }
        }
    }

    private void AssertWellWithOthers()
    {
        using var other = new TestPeer(_directory["meet"], "127.3.0.2");
        PacketPath path = other.Connect(_victim)!;
        _victim.Received.Clear();
        Assert.True(path.TryQueue([42], default, 0, 0, 0));
        path.Flush();
        _victim.WaitForPackets(1);
        Assert.Equal([42], _victim.Received[0]);
        other.Dispose();
        _victim.Turn();
        _victim.Turn();
        _victim.Received.Clear();
    }
}
