using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Tests;

/// <summary>The limit on descriptors is the process's, so nothing else runs beside these tests.</summary>
[CollectionDefinition(nameof(DescriptorLimitTests), DisableParallelization = true)]
[Collection(nameof(DescriptorLimitTests))]
public sealed class DescriptorLimitTests
{
    [Fact]
    public void A_buffer_whose_descriptor_finds_no_place_is_given_back_and_the_session_lives()
    {
        using FakeDaemon daemon = new();
        Device device = daemon.Session.GetDevice(0); // and with that, both sides have what they wait with
        VrtdException? refused = null;
        DescriptorLimit.WithoutDescriptors(
            () => refused = Assert.Throws<VrtdException>(() => device.OpenDdrBuffer(1)));

        Assert.Equal(Errno.EMFILE, refused!.Errno);
        Assert.Equal(Remedies.OpenFiles, refused.Remedy);
        Assert.False(daemon.Session.IsBroken);
        Eventually.True(
            () => daemon.LengthsOf(Opcode.BufferClose).Count == 1, "The buffer was not given back to the daemon.");
        Assert.Equal(1, daemon.Session.GetNumDevices());
    }

    [Fact]
    public void A_reply_that_cannot_be_waited_for_is_dropped_and_what_it_opens_is_given_back()
    {
        using ManualResetEvent wake = new(false);
        using FakeDaemon daemon = new(request => request.Opcode == Opcode.BufferOpen
            ? FakeDaemon.Correct(request) with { After = wake }
            : null);
        Device device = daemon.Session.GetDevice(0);
        VrtdException? refused = null;
        DescriptorLimit.WithoutDescriptors(
            () => refused = Assert.Throws<VrtdException>(() => device.OpenDdrBuffer(1)), limit: 1);
        wake.Set();

        Assert.Contains("could not be waited for", refused!.Message, StringComparison.Ordinal);
        Assert.Equal(1, daemon.Session.GetNumDevices()); // after the late reply
        Assert.False(daemon.Session.IsBroken);
        Eventually.True(
            () => daemon.LengthsOf(Opcode.BufferClose).Count == 1, "The buffer was not given back to the daemon.");
    }
}
