using System.Buffers.Binary;
using Scatterlist.HostFd;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

public sealed class ProtocolTests
{
    [Fact]
    public void An_unknown_opcode_is_a_bad_request_and_nothing_worse()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var client = new WireClient(daemon);
        foreach (ushort opcode in (ushort[])[16, 17, 18, 19, 20, 0x1234, ushort.MaxValue])
            Assert.Equal(VrtdReturnCode.BadRequest, client.CodeOf((Opcode)opcode, new byte[64]));
        Assert.Equal(VrtdReturnCode.Ok, client.CodeOf(Opcode.GetNumDevices, new byte[1]));
    }

    [Fact]
    public void A_device_count_needs_no_byte_unless_that_is_asked_for()
    {
        using EmulatedDaemon lenient = EmulatedDaemon.Start();
        using var client = new WireClient(lenient);
        Assert.Equal(VrtdReturnCode.Ok, client.CodeOf(Opcode.GetNumDevices, []));
        using EmulatedDaemon strict = EmulatedDaemon.Start(new EmulatorOptions { RejectEmptyDeviceCount = true });
        using var other = new WireClient(strict);
        Assert.Equal(VrtdReturnCode.BadRequest, other.CodeOf(Opcode.GetNumDevices, []));
    }

    [Fact]
    public void Surplus_bytes_are_ignored_and_missing_ones_refused()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { Profile = WireProfile.Version2 });
        using var client = new WireClient(daemon);
        foreach (Opcode opcode in Enum.GetValues<Opcode>().Except([Opcode.GetNumDevices]))
        {
            byte[] body = Requests.Of(opcode);
            VrtdReturnCode code = client.CodeOf(opcode, body.AsSpan(0, body.Length - 1));
            Assert.True(code == VrtdReturnCode.BadRequest, $"{opcode} answered {code} to a body that is too short");
        }

        using WireReply reply = client.Ask(Opcode.GetDeviceInfo, new byte[FrameHeader.MaxBody]);
        Assert.Equal(VrtdReturnCode.Ok, reply.Code);
    }

    [Fact]
    public void Requests_that_wait_in_the_socket_are_answered_in_order()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var client = new WireClient(daemon);
        var sent = new Queue<uint>();
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < 8; i++)
                sent.Enqueue(client.Send(Opcode.GetDeviceInfo, new byte[4]));
            while (sent.TryDequeue(out uint expected))
            {
                using WireReply reply = client.Receive();
                Assert.Equal((VrtdReturnCode.Ok, expected), (reply.Code, reply.Sequence));
            }
        }
    }

    [Theory]
    [InlineData("")] // an empty datagram
    [InlineData("0000")]
    [InlineData("00000000000000")] // one byte short of a header
    [InlineData("0000000001000000ff")] // longer than it says
    [InlineData("0200000001000000ff")] // shorter than it says
    [InlineData("ffff000001000000ff")]
    public void A_malformed_frame_disconnects_its_sender_and_nobody_else(string hex)
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var bystander = new WireClient(daemon);
        using var sender = new WireClient(daemon);
        using WireReply owned = sender.Open(1);
        sender.SendRaw(Convert.FromHexString(hex));
        Assert.True(sender.IsHungUp());
        Assert.Equal(0, daemon.GetStatistics().Buffers);
        Assert.Equal(VrtdReturnCode.Ok, bystander.CodeOf(Opcode.GetNumDevices, new byte[1]));
    }

    [Fact]
    public void A_message_of_4096_bytes_is_taken_and_one_more_is_malformed()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var client = new WireClient(daemon);
        Assert.Equal(VrtdReturnCode.Ok, client.CodeOf(Opcode.GetNumDevices, new byte[FrameHeader.MaxBody]));
        client.Send(Opcode.GetNumDevices, new byte[FrameHeader.MaxBody + 1]);
        Assert.True(client.IsHungUp());
    }

    [Theory]
    [InlineData(WireProfile.Version1, VrtdReturnCode.Ok)]
    [InlineData(WireProfile.Version2, VrtdReturnCode.Ok)]
    [InlineData(WireProfile.Hardened, VrtdReturnCode.BadRequest)]
    public void A_descriptor_that_nobody_asked_for_is_closed(WireProfile profile, VrtdReturnCode expected)
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { Profile = profile });
        using var client = new WireClient(daemon);
        for (int i = 0; i < 50; i++)
        {
            (FileDescriptor reader, FileDescriptor writer) = Posix.Pipe();
            using (reader)
            {
                using (writer)
                    Assert.Equal(expected, client.CodeOf(Opcode.GetNumDevices, new byte[1], writer.Value));
                // The end of the pipe: no writer is left, the daemon's copy included.
                Assert.True(InputStream.Read(reader, new byte[1], null, CancellationToken.None).IsEndOfFile);
            }
        }
    }

    [Fact]
    public void Two_descriptors_are_malformed_and_a_bad_request_for_a_hardened_daemon()
    {
        foreach (WireProfile profile in Enum.GetValues<WireProfile>())
        {
            (FileDescriptor reader, FileDescriptor writer) = Posix.Pipe();
            using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { Profile = profile });
            using var client = new WireClient(daemon);
            foreach (int count in (int[])[2, 3, 8, 9, 100])
            {
                int[] descriptors = [.. Enumerable.Repeat(writer.Value, count)];
                client.Send(Opcode.GetNumDevices, new byte[1], descriptors);
                if (profile != WireProfile.Hardened)
                {
                    Assert.True(client.IsHungUp());
                    break;
                }

                Assert.Equal(VrtdReturnCode.BadRequest, client.Receive().Code);
            }

            // The end of the pipe: all that was sent is closed.
            writer.Dispose();
            using (reader)
                Assert.True(InputStream.Read(reader, new byte[1], null, CancellationToken.None).IsEndOfFile);
        }
    }

    [Fact]
    public void Devices_are_found_by_their_address()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { DeviceCount = 11 });
        using var client = new WireClient(daemon);
        Assert.Equal(1u, Find(client, "66:00.1"));
        Assert.Equal(10u, Find(client, "0000:6f:00"));
        Assert.Equal(10u, Find(client, "0000:6F:00"));
        Assert.Null(Find(client, "0001:66:00"));
        Assert.Null(Find(client, "nonsense"));
    }

    [Theory]
    [InlineData(WireProfile.Version1, 168, 20)]
    [InlineData(WireProfile.Version2, 170, 52)]
    [InlineData(WireProfile.Hardened, 170, 52)]
    public void The_profile_decides_the_shape_of_the_infos(WireProfile profile, int deviceInfo, int qdmaInfo)
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { Profile = profile });
        using var client = new WireClient(daemon);
        using WireReply device = client.AskDevice(Opcode.GetDeviceInfo);
        Assert.Equal(deviceInfo, device.Body.Length);
        using WireReply qdma = client.AskDevice(Opcode.QdmaGetInfo);
        Assert.Equal(qdmaInfo, qdma.Body.Length);
        Assert.Equal((uint)qdmaInfo, BinaryPrimitives.ReadUInt32LittleEndian(qdma.Body));
        Assert.True(QdmaInfoResponse.TryParse(qdma.Body, out QdmaInfoResponse info));
        Assert.Equal(new QdmaInfoResponse(64, 1, 0, 0, qdmaInfo == 20 ? "" : "0000:65:00.1"), info);
    }

    [Theory]
    [InlineData(WireProfile.Version1)]
    [InlineData(WireProfile.Version2)]
    public void Every_request_is_answered_in_its_own_shape(WireProfile profile)
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { Profile = profile });
        using var client = new WireClient(daemon);
        using WireReply shortOpen = client.Open(1, shape: WireShape.V1);
        using WireReply longOpen = client.Open(1, shape: WireShape.V2);
        using WireReply shortRaw = client.OpenRaw(0, 1, shape: WireShape.V1);
        using WireReply longRaw = client.OpenRaw(0, 1, shape: WireShape.V2);
        Assert.Equal((16, 20), (shortOpen.Body.Length, longOpen.Body.Length));
        Assert.Equal((1, 4), (shortRaw.Body.Length, longRaw.Body.Length));
        Assert.Equal((64u << 20, 64u << 20), (shortOpen.Buffer.Size, longOpen.Buffer.Size));
    }

    [Fact]
    public void Exact_shapes_misread_or_refuse_as_the_real_daemons_do()
    {
        using EmulatedDaemon first = EmulatedDaemon.Start(new EmulatorOptions { ExactShapes = true });
        using var toFirst = new WireClient(first);
        // Version 1 takes the channel and half of the argument for the argument, the rest and half of the size for it.
        using (WireReply misread = toFirst.Open(4096, shape: WireShape.V2))
            Assert.NotEqual(VrtdReturnCode.Ok, misread.Code);
        using EmulatedDaemon second = EmulatedDaemon.Start(
            new EmulatorOptions { ExactShapes = true, Profile = WireProfile.Version2 });
        using var toSecond = new WireClient(second);
        Assert.Equal(VrtdReturnCode.BadRequest, toSecond.Open(1, shape: WireShape.V1).Code);
        Assert.Equal(VrtdReturnCode.BadRequest, toSecond.OpenRaw(0, 1, shape: WireShape.V1).Code);
        using WireReply opened = toSecond.Open(1, shape: WireShape.V2);
        Assert.Equal(2u, opened.Buffer.QueuePairCount);
    }

    [Fact]
    public void Sensors_are_the_same_every_time_and_say_that_they_are_emulated()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var client = new WireClient(daemon);
        using WireReply first = client.AskDevice(Opcode.GetSensorInfo);
        using WireReply second = client.AskDevice(Opcode.GetSensorInfo);
        Assert.Equal(first.Body, second.Body);
        Assert.True(SensorInfoResponse.TryParse(first.Body, out SensorRecord[] sensors));
        Assert.All(sensors, sensor => Assert.StartsWith("emulated ", sensor.Name, StringComparison.Ordinal));
        Assert.Equal(4, sensors.Select(sensor => sensor.Type).Distinct().Count());
    }

    [Fact]
    public void A_bar_is_memory_that_all_its_descriptors_share()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var client = new WireClient(daemon);
        using WireReply first = client.Ask(Opcode.GetBarFd, Requests.Of(Opcode.GetBarFd));
        using WireReply second = client.Ask(Opcode.GetBarFd, Requests.Of(Opcode.GetBarFd));
        Assert.Equal(64L << 20, Posix.Seek(first.Fd, 0, whence: 2));
        Posix.Write(first.Fd, "register"u8, 0x1000);
        Assert.Equal("register"u8.ToArray(), Posix.ReadBytes(second.Fd, 8, 0x1000));
        Assert.Equal(-(long)Errno.EPERM, Posix.Truncate(first.Fd, 0));
    }

    private static uint? Find(WireClient client, string bdf)
    {
        var body = new byte[DeviceByBdfRequest.Size];
        new DeviceByBdfRequest(bdf).Write(body);
        using WireReply reply = client.Ask(Opcode.GetDeviceByBdf, body);
        return UInt32Body.TryParse(reply.Body, out UInt32Body device) ? device.Value : null;
    }
}
