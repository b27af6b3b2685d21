using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Tests;

/// <summary>Every generation of the daemon is told apart without a request that an older one would misread.</summary>
public sealed class VersionDetectionTests
{
    [Theory]
    [InlineData(nameof(WireShape.V1), new[] { 28, 28 }, new[] { 24, 24 }, new[] { 32 }, DaemonVersion.Version1)]
    [InlineData(
        nameof(WireShape.MidA), new[] { 28, 32, 32 }, new[] { 28, 28 }, new[] { 36 }, DaemonVersion.Intermediate)]
    [InlineData(
        nameof(WireShape.MidB), new[] { 28, 32, 32 }, new[] { 28, 28 }, new[] { 36, 40 }, DaemonVersion.Intermediate)]
    [InlineData(nameof(WireShape.V2), new[] { 32, 32 }, new[] { 28, 28 }, new[] { 40 }, DaemonVersion.Version2)]
    public void The_short_form_goes_first_and_what_is_learned_is_kept(
        string daemonSpeaks, int[] buffers, int[] raws, int[] pairs, DaemonVersion version)
    {
        using FakeDaemon daemon = new(request => Exact(request, Enum.Parse<WireShape>(daemonSpeaks)));
        Device device = daemon.Session.GetDevice(0);
        for (int i = 0; i < 2; i++)
            device.OpenDdrBuffer(1).Dispose();
        for (int i = 0; i < 2; i++)
            device.OpenRawBuffer(new DeviceAddress(0), 64).Dispose();
        device.CreateQdmaQueuePair().Dispose();

        Assert.Equal(buffers, daemon.LengthsOf(Opcode.BufferOpen));
        Assert.Equal(raws, daemon.LengthsOf(Opcode.BufferOpenRaw));
        Assert.Equal(pairs, daemon.LengthsOf(Opcode.QdmaQueuePairAdd));
        Assert.Equal(version, daemon.Session.DaemonVersion);
    }

    [Theory]
    [InlineData(nameof(WireShape.V1), new[] { 32 })]
    [InlineData(nameof(WireShape.MidA), new[] { 32, 36 })]
    [InlineData(nameof(WireShape.MidB), new[] { 32, 36, 40 })]
    [InlineData(nameof(WireShape.V2), new[] { 40 })]
    public void A_queue_pair_grows_step_by_step(string daemonSpeaks, int[] lengths)
    {
        using FakeDaemon daemon = new(request => Exact(request, Enum.Parse<WireShape>(daemonSpeaks)));
        using QdmaQueuePair pair = daemon.Session.GetDevice(0).CreateQdmaQueuePair();

        Assert.Equal(lengths, daemon.LengthsOf(Opcode.QdmaQueuePairAdd));
        Assert.Equal(77u, pair.QueueId);
    }

    [Theory]
    [InlineData(nameof(WireShape.V1), 24)]
    [InlineData(nameof(WireShape.MidA), 24)]
    [InlineData(nameof(WireShape.V2), 28)]
    public void A_raw_buffer_never_goes_first_in_its_long_form_to_an_unknown_daemon(string daemonSpeaks, int first)
    {
        using FakeDaemon daemon = new(request => Exact(request, Enum.Parse<WireShape>(daemonSpeaks)));
        using DeviceBuffer raw = daemon.Session.GetDevice(0).OpenRawBuffer(new DeviceAddress(4096), 100);

        Assert.Equal(first, daemon.LengthsOf(Opcode.BufferOpenRaw)[0]);
        Assert.Equal(100ul, raw.Size);
    }

    [Theory]
    [InlineData(nameof(WireShape.V1), 4, 6)]
    [InlineData(nameof(WireShape.MidB), 4, 6)]
    [InlineData(nameof(WireShape.V2), 5, 7)]
    public void Design_and_hotplug_have_the_daemon_s_own_length(string daemonSpeaks, int design, int hotplug)
    {
        using FakeDaemon daemon = new(request => Exact(request, Enum.Parse<WireShape>(daemonSpeaks)));
        using HostBuffer image = HostBuffer.Allocate(64, new HostBufferOptions { IsShareable = true });
        Device device = daemon.Session.GetDevice(0);
        device.DesignWrite(image.Descriptor!);
        device.HotplugRescan();

        Assert.Equal([design], daemon.LengthsOf(Opcode.DesignWrite));
        Assert.Equal([hotplug], daemon.LengthsOf(Opcode.DeviceHotplug));
        Assert.Equal(1, daemon.Requests.Single(request => request.Opcode == Opcode.DesignWrite).DescriptorCount);
    }

    [Fact]
    public void A_missing_permission_is_final_and_teaches_nothing()
    {
        using FakeDaemon daemon = new(request => request.Opcode == Opcode.BufferOpen
            ? FakeReply.Refusal(VrtdReturnCode.AuthError)
            : null);
        Device device = daemon.Session.GetDevice(0);

        VrtdException refused = Assert.Throws<VrtdException>(() => device.OpenDdrBuffer(1));

        Assert.Equal(VrtdReturnCode.AuthError, refused.ReturnCode);
        Assert.Equal([28], daemon.LengthsOf(Opcode.BufferOpen));
        Assert.Equal(DaemonVersion.BelowVersion2, daemon.Session.DaemonVersion);
    }

    [Fact]
    public void A_refusal_of_a_known_form_is_an_error_and_not_another_guess()
    {
        int refused = 0;
        using FakeDaemon daemon = new(request =>
            request.Opcode == Opcode.BufferOpen && Volatile.Read(ref refused) != 0
                ? FakeReply.Refusal(VrtdReturnCode.BadRequest)
                : null);
        Device device = daemon.Session.GetDevice(0);
        device.OpenDdrBuffer(1).Dispose();
        Volatile.Write(ref refused, 1);

        Assert.Equal(
            VrtdReturnCode.BadRequest, Assert.Throws<VrtdException>(() => device.OpenDdrBuffer(1)).ReturnCode);
        Assert.Equal([28, 28], daemon.LengthsOf(Opcode.BufferOpen));
    }

    [Fact]
    public void A_channel_cannot_be_asked_of_version_1()
    {
        using FakeDaemon daemon = new();
        Device device = daemon.Session.GetDevice(0);

        VrtdException refused = Assert.Throws<VrtdException>(
            () => device.OpenDdrBuffer(1, channel: QdmaChannel.Channel1));

        Assert.Contains("QdmaChannel.Auto", refused.Remedy, StringComparison.Ordinal);
        Assert.Empty(daemon.LengthsOf(Opcode.BufferOpen));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(4)]
    public void The_pci_address_of_the_dma_engine_is_found_at_either_place(int offset)
    {
        byte[] body = new byte[52];
        "0000:65:00.1"u8.CopyTo(body.AsSpan(offset));
        body[offset == 4 ? 36 : 4] = 64;
        using FakeDaemon daemon = new(request =>
            request.Opcode == Opcode.QdmaGetInfo ? new FakeReply { Body = body } : null);

        QdmaInfo info = daemon.Session.GetQdmaInfo(0);

        Assert.Equal(("0000:65:00.1", 64u), (info.Bdf, info.QueueSetsMax));
    }

    [Fact]
    public void A_reply_that_does_not_tell_its_queue_pairs_has_one()
    {
        using FakeDaemon daemon = new();
        using DeviceBuffer buffer = daemon.Session.GetDevice(0).OpenDdrBuffer(1);

        Assert.Equal(1, buffer.QueuePairCount);
    }

    // A daemon that takes its own length and refuses any shorter one, as the real ones do.
    private static FakeReply? Exact(FakeRequest request, WireShape speaks)
    {
        int due = request.Opcode switch
        {
            Opcode.BufferOpen => BufferOpenRequest.SizeIn(speaks),
            Opcode.BufferOpenRaw => BufferOpenRawRequest.SizeIn(speaks),
            Opcode.QdmaQueuePairAdd => QueuePairAddRequest.SizeIn(speaks),
            Opcode.DesignWrite => DesignWriteRequest.SizeIn(speaks),
            Opcode.DeviceHotplug => HotplugRequest.SizeIn(speaks),
            _ => 0,
        };
        if (request.Body.Length < due)
            return FakeReply.Refusal(VrtdReturnCode.BadRequest);
        switch (request.Opcode)
        {
            case Opcode.GetDeviceInfo:
                return new FakeReply { Body = FakeDaemon.DeviceInfo(speaks) };
            case Opcode.BufferOpen:
                return FakeReply.WithDescriptor(FakeDaemon.BufferOpened(speaks));
            case Opcode.BufferOpenRaw:
                byte[] raw = new byte[BufferOpenRawResponse.SizeIn(speaks)];
                new BufferOpenRawResponse(1).Write(raw, speaks);
                return FakeReply.WithDescriptor(raw);
            case Opcode.QdmaQueuePairAdd:
                Assert.True(QueuePairAddRequest.TryParse(request.Body, speaks, out QueuePairAddRequest add));
                byte[] added = new byte[QueuePairConfig.SizeIn(speaks)];
                (add.Config with { QueueId = 77 }).Write(added, speaks);
                return new FakeReply { Body = added };
            default:
                return null;
        }
    }
}
