using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Tests;

/// <summary>
/// A reply that breaks the protocol is never taken for an answer: the connection is given up, and descriptors that came
/// along are closed.
/// </summary>
public sealed class ReplyRulesTests
{
    [Fact]
    public void A_success_without_its_descriptor_is_rejected() => AssertRejects(
        Opcode.BufferOpen,
        new FakeReply { Body = FakeDaemon.BufferOpened(WireShape.V1) },
        device => device.OpenDdrBuffer(1),
        "0 descriptors where 1 are due");

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(200)]
    public void A_success_with_surplus_descriptors_is_rejected(int count) => AssertRejects(
        Opcode.BufferOpen,
        new FakeReply { Body = FakeDaemon.BufferOpened(WireShape.V1), Descriptors = count },
        device => device.OpenDdrBuffer(1),
        "descriptors where 1 are due");

    [Fact]
    public void A_success_with_a_descriptor_that_it_must_not_have_is_rejected() => AssertRejects(
        Opcode.ClockOperation,
        FakeReply.WithDescriptor(1, 0, 0, 0),
        device => device.GetUserClockRate(),
        "1 descriptors where 0 are due");

    [Fact]
    public void An_error_with_a_descriptor_is_rejected() => AssertRejects(
        Opcode.BufferOpen,
        new FakeReply { Code = (ushort)VrtdReturnCode.Busy, Descriptors = 1 },
        device => device.OpenDdrBuffer(1),
        "with a descriptor");

    [Fact]
    public void An_error_with_a_body_is_rejected() => AssertRejects(
        Opcode.ClockOperation,
        new FakeReply { Code = (ushort)VrtdReturnCode.Busy, Body = [1] },
        device => device.GetUserClockRate(),
        "with a body of 1 bytes");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    public void A_return_code_of_the_client_s_own_is_rejected(ushort code) => AssertRejects(
        Opcode.ClockOperation,
        new FakeReply { Code = code },
        device => device.GetUserClockRate(),
        "never stands on the wire");

    [Fact]
    public void A_body_that_is_too_short_is_rejected() => AssertRejects(
        Opcode.ClockOperation,
        FakeReply.Of(1, 2, 3),
        device => device.GetUserClockRate(),
        "a body of 3 bytes where 4 are due");

    [Fact]
    public void An_empty_success_is_rejected() => AssertRejects(
        Opcode.DeviceHotplug, new FakeReply(), device => device.HotplugRescan(), "a body of 0 bytes where 1 are due");

    [Theory]
    [InlineData(4)]
    [InlineData(-1)]
    public void A_body_of_another_length_than_stated_is_rejected(int extra) => AssertRejects(
        Opcode.BufferOpen,
        FakeReply.WithDescriptor(FakeDaemon.BufferOpened(WireShape.V1)) with { StatedExtra = extra },
        device => device.OpenDdrBuffer(1),
        "not what its header says");

    [Fact]
    public void A_reply_shorter_than_a_header_is_rejected() => AssertRejects(
        Opcode.ClockOperation,
        FakeReply.Of(1, 0, 0, 0) with { CutTo = 7 },
        device => device.GetUserClockRate(),
        "not what its header says");

    [Fact]
    public void A_reply_longer_than_a_message_is_rejected() => AssertRejects(
        Opcode.ClockOperation,
        new FakeReply { Body = new byte[FrameHeader.MaxMessage] },
        device => device.GetUserClockRate(),
        "not what its header says");

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(1000)]
    public void A_reply_to_another_request_is_rejected(int difference)
    {
        using FakeDaemon daemon = new(request => request.Opcode == Opcode.BufferOpen
            ? FakeReply.WithDescriptor(FakeDaemon.BufferOpened(WireShape.V1)) with
            {
                Sequence = (uint)(request.Sequence + difference),
            }
            : null);
        Device device = daemon.Session.GetDevice(0);

        VrtdConnectionException lost = Assert.Throws<VrtdConnectionException>(() => device.OpenDdrBuffer(1));

        Assert.Contains("it answers request", lost.Message, StringComparison.Ordinal);
        Assert.Equal(0, daemon.LeakedDescriptors);
    }

    [Theory]
    [InlineData(2u, 1)]
    [InlineData(0u, 1)]
    [InlineData(57u, 57)]
    public void Sensors_whose_count_does_not_agree_with_the_length_are_rejected(uint stated, int sent)
    {
        byte[] body = new byte[4 + (Math.Min(sent, 56) * 72)];
        BitConverter.TryWriteBytes(body, stated);
        AssertRejects(
            Opcode.GetSensorInfo,
            new FakeReply { Body = body },
            device => device.GetSensors(),
            "count of sensors does not agree");
    }

    [Theory]
    [InlineData(FakeDaemon.Granule - 1, FakeDaemon.DdrBase, 1u)]
    [InlineData(0ul, FakeDaemon.DdrBase, 1u)]
    [InlineData(FakeDaemon.Granule, ulong.MaxValue - 5, 1u)]
    [InlineData(FakeDaemon.Granule, FakeDaemon.DdrBase, 0u)]
    [InlineData(FakeDaemon.Granule, FakeDaemon.DdrBase, 3u)]
    public void An_allocation_that_cannot_be_is_rejected(ulong size, ulong address, uint queues) => AssertRejects(
        Opcode.BufferOpen,
        FakeReply.WithDescriptor(FakeDaemon.BufferOpened(WireShape.V2, size, address, queues)),
        device => device.OpenDdrBuffer(FakeDaemon.Granule),
        "are not what was asked for");

    [Fact]
    public void A_return_code_without_a_name_is_a_refusal_that_keeps_its_number()
    {
        using FakeDaemon daemon = new(request =>
            request.Opcode == Opcode.ClockOperation ? new FakeReply { Code = 4711 } : null);
        Device device = daemon.Session.GetDevice(0);

        VrtdException refused = Assert.Throws<VrtdException>(() => device.GetUserClockRate());

        Assert.Equal((VrtdReturnCode)4711, refused.ReturnCode);
        Assert.Contains("(4711)", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, daemon.Session.GetNumDevices());
    }

    [Fact]
    public void A_longer_body_than_known_is_a_newer_daemon_s_and_accepted()
    {
        using FakeDaemon daemon = new(request =>
            request.Opcode == Opcode.ClockOperation ? FakeReply.Of(5, 0, 0, 0, 9, 9, 9) : null);

        Assert.Equal(5u, daemon.Session.GetDevice(0).GetUserClockRate());
    }

    [Fact]
    public void Refusals_keep_the_session_and_leak_nothing()
    {
        using FakeDaemon daemon = new(request =>
            request.Opcode == Opcode.BufferOpen ? FakeReply.Refusal(VrtdReturnCode.Busy) : null);
        Device device = daemon.Session.GetDevice(0);
        for (int i = 0; i < 100; i++)
            Assert.Equal(VrtdReturnCode.Busy, Assert.Throws<VrtdException>(() => device.OpenDdrBuffer(1)).ReturnCode);

        Assert.Equal(1, daemon.Session.GetNumDevices());
        Assert.False(daemon.Session.IsBroken);
    }

    [Fact]
    public void Requests_are_numbered_apart()
    {
        using FakeDaemon daemon = new();
        for (int i = 0; i < 5; i++)
            daemon.Session.GetNumDevices();

        Assert.Equal([1u, 2u, 3u, 4u, 5u], daemon.Requests.Select(request => request.Sequence));
        Assert.All(daemon.Requests, request => Assert.Single(request.Body));
    }

    private static void AssertRejects(Opcode opcode, FakeReply lie, Action<Device> call, string because)
    {
        using FakeDaemon daemon = new(request => request.Opcode == opcode ? lie : null);
        Device device = daemon.Session.GetDevice(0);

        VrtdConnectionException lost = Assert.Throws<VrtdConnectionException>(() => call(device));

        Assert.Equal(VrtdReturnCode.BadConnection, lost.ReturnCode);
        Assert.Contains(because, lost.Message, StringComparison.Ordinal);
        Assert.True(daemon.Session.IsBroken);
        Assert.Equal(0, daemon.LeakedDescriptors);
        VrtdConnectionException later = Assert.Throws<VrtdConnectionException>(() => daemon.Session.GetNumDevices());
        Assert.Contains("the session is broken", later.Message, StringComparison.Ordinal);
    }
}
