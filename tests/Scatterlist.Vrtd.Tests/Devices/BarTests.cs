namespace Scatterlist.Vrtd.Tests;

/// <summary>BARs: what they are, and accesses of stated widths.</summary>
public sealed class BarTests
{
    [Fact]
    public void Only_usable_bars_open()
    {
        using Emulated emulated = new();
        Bar usable = emulated.Device.GetBar(0);
        Bar unusable = emulated.Device.GetBar(1);

        Assert.True(usable.IsUsable);
        Assert.Equal((0, 0, 64ul << 20), (usable.DeviceNumber, usable.Number, usable.Length));
        Assert.False(unusable.IsUsable);
        VrtdException refused = Assert.Throws<VrtdException>(() => unusable.OpenFile());
        Assert.Equal(VrtdReturnCode.NotExist, refused.ReturnCode);
        Assert.Contains("IsUsable", refused.Remedy, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => emulated.Device.GetBar(6));
        Assert.Throws<ArgumentOutOfRangeException>(() => emulated.Device.GetBar(-1));
    }

    [Fact]
    public void Accesses_have_their_width_and_are_seen_by_others()
    {
        using Emulated emulated = new();
        using BarFile first = emulated.Device.GetBar(0).OpenFile();
        using BarFile second = emulated.Device.GetBar(0).OpenFile();
        first.Write64(0x100, 0x1122_3344_5566_7788);
        first.Write32(0x108, 0xAABB_CCDD);
        first.Write16(0x10C, 0xEEFF);
        first.Write8(0x10E, 0x42);

        Assert.Equal(0x1122_3344_5566_7788ul, second.Read64(0x100));
        Assert.Equal(0xAABB_CCDDu, second.Read32(0x108));
        Assert.Equal(0xEEFF, second.Read16(0x10C));
        Assert.Equal(0x42, second.Read8(0x10E));
        Assert.Equal(0x7788, second.Read16(0x100));
    }

    [Fact]
    public void An_access_outside_or_askew_is_refused()
    {
        using Emulated emulated = new();
        using BarFile bar = emulated.Device.GetBar(0).OpenFile(MmioAccess.Read);

        Assert.Throws<ArgumentOutOfRangeException>(() => bar.Read32(bar.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => bar.Read8(nuint.MaxValue));
        Assert.Throws<ArgumentException>(() => bar.Read64(4));
        Assert.Throws<InvalidOperationException>(() => bar.Write32(0, 1));
        Assert.Throws<InvalidOperationException>(() => bar.BeginAccess(MmioAccess.Write));
        Assert.Throws<ArgumentOutOfRangeException>(() => bar.BeginAccess(0));
    }

    [Fact]
    public void A_descriptor_without_brackets_is_asked_once()
    {
        using Emulated emulated = new();
        using BarFile bar = emulated.Device.GetBar(0).OpenFile();
        Assert.True(bar.IsBracketed);

        Assert.Equal(0u, bar.Read32(0));
        Assert.False(bar.IsBracketed);
        AllocationMeter.AssertNone(() => bar.Write32(0, 1 + bar.Read32(0)));
    }

    [Fact]
    public void A_bracket_keeps_its_window_when_the_bar_is_closed()
    {
        using Emulated emulated = new();
        BarFile bar = emulated.Device.GetBar(0).OpenFile();
        BarAccess access = bar.BeginAccess(MmioAccess.ReadWrite);
        BarAccess another = bar.BeginAccess(MmioAccess.Read);
        MmioWindow window = access.Window;
        window.Write32(8, 77);
        bar.Close();
        bar.Close();

        Assert.True(bar.IsClosed);
        Assert.Equal(77u, another.Window.Read32(8));
        Assert.Throws<ObjectDisposedException>(() => bar.Read32(0));
        Assert.Throws<ObjectDisposedException>(() => bar.Descriptor);
        Assert.Throws<ObjectDisposedException>(() => bar.BeginAccess(MmioAccess.Read));
        access.Dispose();
        access.Dispose();
        Assert.Throws<ObjectDisposedException>(() => access.Window);
        Assert.Throws<ObjectDisposedException>(() => window.Read32(8));
        another.Dispose();
    }

    [Fact]
    public void An_open_bar_outlives_its_session()
    {
        using Emulated emulated = new();
        using BarFile bar = emulated.Device.GetBar(0).OpenFile();
        emulated.Session.Close();
        bar.Write8(5, 6);

        Assert.Equal(6, bar.Read8(5));
    }

    [Theory]
    [InlineData(0x1_0001ul)]
    [InlineData(0ul)]
    [InlineData(ulong.MaxValue)]
    public void A_daemon_that_states_more_than_there_is_is_not_believed(ulong stated)
    {
        using FakeDaemon daemon = new(request => request.Opcode == Wire.Opcode.GetBarFd
            ? FakeReply.WithDescriptor(BitConverter.GetBytes(stated))
            : null);
        Bar bar = daemon.Session.GetDevice(0).GetBar(0);

        VrtdException refused = Assert.Throws<VrtdException>(() => bar.OpenFile());

        Assert.Contains($"stated {stated} bytes, the descriptor has 65536", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, daemon.LeakedDescriptors);
        Assert.Equal(1, daemon.Session.GetNumDevices());
    }
}
