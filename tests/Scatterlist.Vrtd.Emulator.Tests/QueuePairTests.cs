using Scatterlist.Testing;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

public sealed class QueuePairTests
{
    private const ulong Ddr = 0x600_0000_0000;
    private const QdmaDirections Both = QdmaDirections.HostToCard | QdmaDirections.CardToHost;

    [Theory]
    [InlineData(WireShape.V1)]
    [InlineData(WireShape.MidA)]
    [InlineData(WireShape.V2)]
    public void The_structure_comes_back_in_its_shape_with_the_number_filled_in(object boxed)
    {
        var shape = (WireShape)boxed;
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var client = new WireClient(daemon);
        var sent = new QueuePairConfig(QdmaMode.MemoryMapped, Both, default, 3, 4, 5, 999, 0);
        using WireReply reply = client.Ask(Opcode.QdmaQueuePairAdd, Add(sent, shape));
        Assert.Equal(QueuePairConfig.SizeIn(shape), reply.Body.Length);
        Assert.True(QueuePairConfig.TryParse(reply.Body, shape, out QueuePairConfig made));
        Assert.Equal(sent with { QueueId = 1 }, made);
    }

    [Theory]
    [InlineData(QdmaDirections.HostToCard, Posix.OpenWriteOnly)]
    [InlineData(QdmaDirections.CardToHost, Posix.OpenReadOnly)]
    [InlineData(Both, Posix.OpenReadWrite)]
    public void A_started_queues_descriptor_reaches_device_memory(QdmaDirections directions, int mode)
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var client = new WireClient(daemon);
        uint id = MustAdd(client, directions);
        Assert.Equal(VrtdReturnCode.InternalError, GetFd(client, id).Code);
        Assert.Equal(VrtdReturnCode.Ok, Operate(client, id, QueuePairOperation.Start));
        using WireReply queue = GetFd(client, id);
        Assert.Equal(mode, Posix.AccessMode(queue.Fd));
        using WireReply raw = client.OpenRaw(0, 1);
        Posix.Write(raw.Fd, "card"u8, Ddr);
        if (mode != Posix.OpenWriteOnly)
            Assert.Equal("card"u8.ToArray(), Posix.ReadBytes(queue.Fd, 4, Ddr));
    }

    [Fact]
    public void Queues_have_no_owner_and_outlive_their_maker()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        uint id;
        using (var maker = new WireClient(daemon))
            id = MustAdd(maker, Both);
        Eventually.True(() => daemon.GetStatistics().Connections == 0, "the maker is gone");
        using var other = new WireClient(daemon);
        Assert.Equal(VrtdReturnCode.Ok, Operate(other, id, QueuePairOperation.Start));
        Assert.Equal(VrtdReturnCode.Ok, Operate(other, id, QueuePairOperation.Stop));
        Assert.Equal(VrtdReturnCode.InternalError, GetFd(other, id).Code);
        Assert.Equal(VrtdReturnCode.Ok, Operate(other, id, QueuePairOperation.Delete));
        Assert.Equal(VrtdReturnCode.InternalError, Operate(other, id, QueuePairOperation.Delete));
        Assert.Equal(VrtdReturnCode.InvalidArgument, Operate(other, id, (QueuePairOperation)3));
    }

    [Fact]
    public void Settings_that_the_driver_refuses_are_internal_errors()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var client = new WireClient(daemon);
        QueuePairConfig good = new(QdmaMode.MemoryMapped, Both, default, 0, 0, 0, 0, 0);
        QueuePairConfig[] bad =
        [
            good with { Mode = (QdmaMode)2 },
            good with { Directions = QdmaDirections.None },
            good with { Directions = (QdmaDirections)8 },
            good with { HostToCardRing = 16 },
            good with { CardToHostRing = 16 },
            good with { CompletionRing = 16 },
            good with { Channel = (QdmaChannel)3 },
        ];
        foreach (QueuePairConfig config in bad)
        {
            VrtdReturnCode code = client.CodeOf(Opcode.QdmaQueuePairAdd, Add(config, WireShape.V2));
            Assert.Equal(VrtdReturnCode.InternalError, code);
        }

        Assert.Equal(1, daemon.GetStatistics().QueuePairs);
    }

    [Theory]
    [InlineData(WireProfile.Version1, true, 63)]
    [InlineData(WireProfile.Version1, false, 64)]
    [InlineData(WireProfile.Version2, true, 31)]
    [InlineData(WireProfile.Version2, false, 32)]
    public void Queues_limit_buffers_and_running_out_gives_the_memory_back(
        WireProfile profile, bool hasDesignWriter, int buffers)
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(
            new EmulatorOptions { Profile = profile, HasDesignWriter = hasDesignWriter });
        using var client = new WireClient(daemon);
        for (int i = 0; i < buffers; i++)
        {
            using WireReply opened = client.Open(1, shape: WireShape.V2);
            Assert.Equal(profile == WireProfile.Version1 ? 1u : 2u, opened.Buffer.QueuePairCount);
        }

        ulong allocated = daemon.GetStatistics().AllocatedBytes;
        Assert.Equal(VrtdReturnCode.InternalError, client.Open(1).Code);
        Assert.Equal(VrtdReturnCode.InternalError, client.OpenRaw(0, 1).Code);
        Assert.Equal(allocated, daemon.GetStatistics().AllocatedBytes);
        Assert.Equal(VrtdReturnCode.Ok, client.Close(Ddr, 64 << 20));
        using WireReply again = client.Open(1);
        Assert.Equal(Ddr, again.Buffer.PhysicalAddress);
    }

    [Fact]
    public void A_buffer_on_one_channel_takes_one_queue()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { Profile = WireProfile.Version2 });
        using var client = new WireClient(daemon);
        using WireReply opened = client.Open(1, shape: WireShape.V2, channel: QdmaChannel.Channel1);
        Assert.Equal(1u, opened.Buffer.QueuePairCount);
        Assert.Equal(2, daemon.GetStatistics().QueuePairs);
        using WireReply refused = client.Open(1, shape: WireShape.V2, channel: (QdmaChannel)3);
        Assert.Equal(VrtdReturnCode.InvalidArgument, refused.Code);
    }

    [Fact]
    public void Isolated_queues_do_not_see_each_other()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(
            new EmulatorOptions { Isolation = MemoryIsolation.PerQueuePair });
        using var client = new WireClient(daemon);
        using WireReply first = client.OpenRaw(Ddr, 4096);
        using WireReply second = client.OpenRaw(Ddr, 4096);
        Posix.Write(first.Fd, "mine"u8, Ddr);
        Assert.Equal(new byte[4], Posix.ReadBytes(second.Fd, 4, Ddr));
        Assert.Equal("mine"u8.ToArray(), Posix.ReadBytes(first.Fd, 4, Ddr));
    }

    [Fact]
    public void A_streaming_queue_has_memory_of_its_own()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start();
        using var client = new WireClient(daemon);
        uint id = MustAdd(client, Both, QdmaMode.Streaming);
        Operate(client, id, QueuePairOperation.Start);
        using WireReply stream = GetFd(client, id);
        using WireReply raw = client.OpenRaw(0, 1);
        Posix.Write(stream.Fd, "flow"u8, 0);
        Assert.Equal(new byte[4], Posix.ReadBytes(raw.Fd, 4, 0));
    }

    [Fact]
    public void Version_1s_raw_buffers_leak_when_that_is_asked_for()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { LeakRawBuffers = true });
        using (var client = new WireClient(daemon))
        {
            using WireReply raw = client.OpenRaw(Ddr, 4096);
            Assert.Equal(VrtdReturnCode.AuthError, client.Close(Ddr, 4096));
            using WireReply shadowed = client.Open(1);
            Assert.Equal(Ddr, shadowed.Buffer.PhysicalAddress);
            Assert.Equal(VrtdReturnCode.InvalidArgument, client.Close(Ddr, 64 << 20));
        }

        Eventually.True(() => daemon.GetStatistics().Connections == 0, "the client is gone");
        Assert.Equal(1, daemon.GetStatistics().Buffers);
    }

    [Fact]
    public void Memory_keeps_its_bytes_between_owners_when_that_is_asked_for()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { ZeroFreedMemory = false });
        using (var client = new WireClient(daemon))
        {
            using WireReply opened = client.Open(1);
            Posix.Write(opened.Fd, "left"u8, Ddr);
        }

        Eventually.True(() => daemon.GetStatistics().Connections == 0, "the client is gone");
        using var next = new WireClient(daemon);
        using WireReply again = next.Open(1);
        Assert.Equal("left"u8.ToArray(), Posix.ReadBytes(again.Fd, 4, Ddr));
    }

    private static byte[] Add(QueuePairConfig config, WireShape shape)
    {
        var body = new byte[QueuePairAddRequest.SizeIn(shape)];
        new QueuePairAddRequest(0, config).Write(body, shape);
        return body;
    }

    private static uint MustAdd(
        WireClient client, QdmaDirections directions, QdmaMode mode = QdmaMode.MemoryMapped)
    {
        using WireReply reply = client.Ask(
            Opcode.QdmaQueuePairAdd, Add(new QueuePairConfig(mode, directions, default, 0, 0, 0, 0, 0), WireShape.V1));
        Assert.True(QueuePairConfig.TryParse(reply.Body, WireShape.V1, out QueuePairConfig made));
        return made.QueueId;
    }

    private static VrtdReturnCode Operate(WireClient client, uint id, QueuePairOperation operation)
    {
        var body = new byte[QueuePairOperationRequest.Size];
        new QueuePairOperationRequest(0, id, operation).Write(body);
        return client.CodeOf(Opcode.QdmaQueuePairOperation, body);
    }

    private static WireReply GetFd(WireClient client, uint id)
    {
        var body = new byte[QueuePairGetFdRequest.Size];
        new QueuePairGetFdRequest(0, id, QueuePairGetFdRequest.CloseOnExec).Write(body);
        return client.Ask(Opcode.QdmaQueuePairGetFd, body);
    }
}
