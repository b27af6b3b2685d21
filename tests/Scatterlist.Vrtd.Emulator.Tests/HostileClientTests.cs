using Scatterlist.HostFd;
using Scatterlist.Testing;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

public sealed class HostileClientTests
{
    private const ulong Ddr = 0x600_0000_0000;

    [Fact]
    public void A_client_that_floods_and_never_reads_blocks_nobody_else()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var bystander = new WireClient(daemon);
        using (var flooder = new WireClient(daemon))
        {
            Assert.Equal(VrtdReturnCode.Ok, flooder.Open(1).Code);
            var request = new byte[FrameHeader.Size + 4];
            FrameHeader.Request(Opcode.GetDeviceInfo, 4, 1).Write(request);
            // Full is full: the queue to the daemon fills up only when the one from it has.
            bool isFull = false;
            for (int sent = 0; !isFull; sent++)
            {
                Assert.True(sent < 1_000_000, "nothing bounds what a client can queue");
                IoResult result = flooder.Socket.SendMsg(request, default, MessageFlags.DontWait);
                isFull = result.Errno == Errno.EAGAIN && !flooder.Socket.WaitWritable(TimeSpan.FromMilliseconds(200));
            }

            for (int i = 0; i < 100; i++)
            {
                using WireReply opened = bystander.Open(1);
                Assert.Equal(VrtdReturnCode.Ok, bystander.Close(opened.Buffer.PhysicalAddress, opened.Buffer.Size));
            }
        }

        // It dies with its answers unread.
        Eventually.True(() => daemon.GetStatistics() is { Connections: 1, Buffers: 0 }, "the flooder is forgotten");
        Assert.Null(daemon.UnexpectedError);
    }

    [Fact]
    public void Stopping_does_not_wait_for_a_client_that_never_reads()
    {
        EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var flooder = new WireClient(daemon);
        var request = new byte[FrameHeader.Size + 4];
        FrameHeader.Request(Opcode.GetDeviceInfo, 4, 1).Write(request);
        while (flooder.Socket.SendMsg(request, default, MessageFlags.DontWait).IsSuccess)
        {
        }

        daemon.Dispose();
        Assert.Throws<ObjectDisposedException>(() => daemon.GetStatistics());
        Assert.Null(daemon.UnexpectedError);
    }

    [Theory]
    [InlineData(WireProfile.Version1)]
    [InlineData(WireProfile.Version2)]
    [InlineData(WireProfile.Hardened)]
    public void Thousands_of_mutated_frames_harm_their_sender_only(WireProfile profile)
    {
        SeededRandom.Run(3, random =>
        {
            using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions
            {
                Profile = profile,
                DeviceCount = 2,
                ResetDuration = TimeSpan.Zero,
            });
            using var bystander = new WireClient(daemon);
            Opcode[] opcodes = [.. Enum.GetValues<Opcode>()];
            (FileDescriptor file, FileDescriptor end) = Posix.Pipe();
            end.Dispose(); // what is read from it is empty, so that no request waits for more
            using (file)
            {
                WireClient sender = new(daemon);
                int hungUp = 0;
                for (int i = 0; i < 2000; i++)
                {
                    byte[] frame = Mutate(random, opcodes[random.Next(opcodes.Length)]);
                    int[] descriptors = [.. Enumerable.Repeat(file.Value, random.Next(8) == 0 ? random.Next(4) : 0)];
                    sender.SendRaw(frame, descriptors);
                    if (IsAnsweredWell(sender, frame))
                        continue;
                    sender.Dispose();
                    sender = new WireClient(daemon);
                    hungUp++;
                }

                sender.Dispose();
                Assert.InRange(hungUp, 100, 1900);
            }

            Assert.Null(daemon.UnexpectedError);
            Assert.Equal(VrtdReturnCode.Ok, bystander.CodeOf(Opcode.GetNumDevices, new byte[1]));
            Eventually.True(
                () => daemon.GetStatistics() is { Connections: 1, Buffers: 0, AllocatedBytes: 0 },
                "nothing of the senders is left");
        });
    }

    [Fact]
    public void Too_many_clients_are_turned_away_and_the_others_go_on()
    {
        using var directory = new TempDirectory();
        using EmulatedDaemon daemon = EmulatedDaemon.Start(
            new EmulatorOptions { SocketPath = directory["vrtd.sock"], MaxConnections = 2 });
        using var first = new WireClient(UnixSocket.Connect(daemon.SocketPath!, UnixSocketType.SeqPacket));
        Assert.Equal(VrtdReturnCode.Ok, first.CodeOf(Opcode.GetNumDevices, new byte[1]));
        using (var second = new WireClient(daemon))
        {
            var refused = Assert.Throws<ScatterlistException>(() => daemon.Connect());
            Assert.Contains(nameof(EmulatorOptions.MaxConnections), refused.Message, StringComparison.Ordinal);
            using var third = new WireClient(UnixSocket.Connect(daemon.SocketPath!, UnixSocketType.SeqPacket));
            Assert.True(third.IsHungUp());
            Assert.Equal(VrtdReturnCode.Ok, second.CodeOf(Opcode.GetNumDevices, new byte[1]));
        }

        Eventually.True(() => daemon.GetStatistics().Connections == 1, "there is room again");
        using var fourth = new WireClient(UnixSocket.Connect(daemon.SocketPath!, UnixSocketType.SeqPacket));
        Assert.Equal(VrtdReturnCode.Ok, fourth.CodeOf(Opcode.GetNumDevices, new byte[1]));
    }

    [Fact]
    public void A_connection_number_is_never_used_again()
    {
        var seen = new List<ulong>();
        using (EmulatedDaemon daemon = EmulatedDaemon.Start(
            new EmulatorOptions { Trace = trace => { lock (seen) seen.Add(trace.Connection); } }))
        {
            for (int i = 0; i < 50; i++)
            {
                using var client = new WireClient(daemon);
                Assert.Equal(VrtdReturnCode.Ok, client.CodeOf(Opcode.GetNumDevices, new byte[1]));
            }
        }

        lock (seen)
        {
            // A trace comes after its answer, so that two connections' traces may change places.
            Assert.Equal(Enumerable.Range(1, 50).Select(i => (ulong)i), seen.Order());
        }
    }

    [Fact]
    public void A_slow_client_delays_nobody()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { DeviceCount = 2 });
        using var slow = new WireClient(daemon);
        (FileDescriptor reader, FileDescriptor pipe) = Posix.Pipe();
        using (reader)
        {
            slow.Send(Opcode.DesignWrite, Requests.Design(default, WireShape.V1), reader.Value);
            using var quick = new WireClient(daemon);
            using WireReply opened = quick.Open(1);
            Assert.Equal(Ddr, opened.Buffer.PhysicalAddress);
            Assert.False(slow.Socket.WaitReadable(TimeSpan.Zero));
            pipe.Dispose();
            Assert.Equal(VrtdReturnCode.Ok, slow.Receive().Code);
        }
    }

    private static byte[] Mutate(Random random, Opcode opcode)
    {
        WireShape shape = random.Next(2) == 0 ? WireShape.V1 : WireShape.V2;
        byte[] body = Requests.Of(opcode, shape, (uint)random.Next(3));
        var frame = new byte[FrameHeader.Size + body.Length];
        FrameHeader.Request(opcode, body.Length, (uint)random.Next()).Write(frame);
        body.CopyTo(frame.AsSpan(FrameHeader.Size));
        switch (random.Next(5))
        {
            case 0: // bits in the body
                for (int flips = random.Next(1, 6); flips > 0; flips--)
                    frame[random.Next(FrameHeader.Size, frame.Length)] ^= (byte)(1 << random.Next(8));
                break;
            case 1: // bits anywhere
                frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8));
                break;
            case 2: // another length
                Array.Resize(ref frame, random.Next(0, frame.Length + 40));
                break;
            case 3: // another length that the header agrees with, and rubbish in it
                frame = new byte[FrameHeader.Size + random.Next(0, 300)];
                random.NextBytes(frame);
                FrameHeader.Request((Opcode)random.Next(0, 24), frame.Length - FrameHeader.Size, 1).Write(frame);
                break;
        }

        return frame;
    }

    /// <summary>Whether a good frame was answered by a good one; a hang-up is right for all but those.</summary>
    private static bool IsAnsweredWell(WireClient sender, byte[] frame)
    {
        byte[]? reply = sender.ReceiveRaw(out FileDescriptor[] descriptors);
        foreach (FileDescriptor descriptor in descriptors)
            descriptor.Dispose();
        if (reply is null)
            return false;
        Assert.True(FrameHeader.TryParse(frame, out FrameHeader asked, out _), "a malformed frame was answered");
        Assert.True(FrameHeader.TryParse(reply, out FrameHeader answered, out _));
        Assert.Equal(asked.Sequence, answered.Sequence);
        Assert.True(answered.ReturnCode
            is VrtdReturnCode.Ok or (>= VrtdReturnCode.BadRequest and <= VrtdReturnCode.ShellLocked));
        Assert.True(answered.ReturnCode == VrtdReturnCode.Ok || (answered.BodySize == 0 && descriptors.Length == 0));
        return true;
    }
}
