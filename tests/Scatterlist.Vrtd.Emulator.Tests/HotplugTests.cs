using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator.Tests;

public sealed class HotplugTests : IDisposable
{
    private readonly EmulatedDaemon _daemon = EmulatedDaemon.Start(
        new EmulatorOptions { DeviceCount = 2, ResetDuration = TimeSpan.FromMilliseconds(1) });

    private readonly WireClient _client;

    public HotplugTests() => _client = new WireClient(_daemon);

    public void Dispose()
    {
        Assert.Null(_daemon.UnexpectedError);
        _client.Dispose();
        _daemon.Dispose();
    }

    [Theory]
    [InlineData(HotplugOperation.Rescan, 200, VrtdReturnCode.Ok)]
    [InlineData(HotplugOperation.Remove, 8, VrtdReturnCode.InvalidArgument)]
    [InlineData(HotplugOperation.Remove, 255, VrtdReturnCode.InvalidArgument)]
    [InlineData(HotplugOperation.Remove, 7, VrtdReturnCode.NotExist)]
    [InlineData(HotplugOperation.ToggleSecondaryBusReset, 0, VrtdReturnCode.Ok)]
    [InlineData(HotplugOperation.ToggleSecondaryBusReset, 3, VrtdReturnCode.NotExist)]
    [InlineData(HotplugOperation.Hotplug, 2, VrtdReturnCode.Ok)]
    [InlineData(HotplugOperation.ResetSequence, 99, VrtdReturnCode.Ok)]
    [InlineData((HotplugOperation)5, 0, VrtdReturnCode.InvalidArgument)]
    public void Operations_check_their_function(HotplugOperation operation, byte function, VrtdReturnCode expected) =>
        Assert.Equal(expected, Do(operation, function));

    [Fact]
    public void Removing_the_dma_function_destroys_buffers_until_a_rescan()
    {
        using WireReply mine = _client.Open(1);
        using WireReply elsewhere = _client.Open(1, device: 1);
        Assert.Equal(VrtdReturnCode.Ok, Do(HotplugOperation.Remove, 1));
        Assert.Equal(1, _daemon.GetStatistics().Buffers);
        Assert.Equal(VrtdReturnCode.NotExist, _client.Close(0x600_0000_0000, 64 << 20));
        Assert.Equal(VrtdReturnCode.InternalError, _client.Open(1).Code);
        Assert.Equal(VrtdReturnCode.InternalError, _client.AskDevice(Opcode.QdmaGetInfo).Code);
        Assert.Equal(VrtdReturnCode.NotExist, Do(HotplugOperation.Remove, 1));
        Assert.Equal(VrtdReturnCode.Ok, Do(HotplugOperation.Rescan));
        using WireReply again = _client.Open(1);
        Assert.Equal(VrtdReturnCode.Ok, again.Code);
    }

    [Fact]
    public void The_other_functions_take_sensors_bars_and_clocks_away()
    {
        Do(HotplugOperation.Remove, 0);
        Assert.Equal(VrtdReturnCode.InternalError, _client.AskDevice(Opcode.GetSensorInfo).Code);
        Do(HotplugOperation.Remove, 2);
        Assert.Equal(VrtdReturnCode.InternalError, _client.CodeOf(Opcode.GetBarInfo, new byte[5]));
        Assert.Equal(VrtdReturnCode.InternalError, _client.CodeOf(Opcode.GetBarFd, new byte[5]));
        Assert.Equal(
            VrtdReturnCode.InternalError, _client.CodeOf(Opcode.ClockOperation, Requests.Of(Opcode.ClockOperation)));
        Assert.Equal(VrtdReturnCode.NotExist, Do(HotplugOperation.Hotplug, 2));
        Assert.Equal(VrtdReturnCode.Ok, Do(HotplugOperation.Rescan));
        Assert.Equal(VrtdReturnCode.Ok, _client.CodeOf(Opcode.GetBarInfo, new byte[5]));
        Assert.Equal(VrtdReturnCode.Ok, _client.AskDevice(Opcode.GetSensorInfo).Code);
    }

    [Fact]
    public void A_reset_frees_everything_and_sets_the_clocks_back()
    {
        using WireReply opened = _client.Open(1);
        Posix.Write(opened.Fd, new byte[4096], 0x600_0000_0000);
        byte[] set = Requests.Clock(ClockOperation.Set, ClockRegion.User, 250_000_000);
        Assert.Equal(VrtdReturnCode.Ok, _client.CodeOf(Opcode.ClockOperation, set));
        Assert.Equal(VrtdReturnCode.Ok, Do(HotplugOperation.ResetSequence));
        EmulatorStatistics after = _daemon.GetStatistics();
        Assert.Equal((0, 2, 0UL, 0UL), (after.Buffers, after.QueuePairs, after.AllocatedBytes, after.CommittedBytes));
        Assert.Equal(100_000_000u, Clock(ClockOperation.Get, 0));
    }

    [Fact]
    public void Version_2_removes_all_functions_at_once()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(new EmulatorOptions { Profile = WireProfile.Version2 });
        using var client = new WireClient(daemon);
        byte[] remove = Requests.Hotplug(HotplugOperation.Remove, HotplugRequest.AllFunctions, shape: WireShape.V2);
        Assert.Equal(VrtdReturnCode.Ok, client.CodeOf(Opcode.DeviceHotplug, remove));
        Assert.Equal(VrtdReturnCode.InternalError, client.AskDevice(Opcode.GetSensorInfo).Code);
        Assert.Equal(VrtdReturnCode.InternalError, client.AskDevice(Opcode.QdmaGetInfo).Code);
    }

    [Fact]
    public void Without_drivers_hotplug_and_clocks_fail_as_the_daemon_says()
    {
        using EmulatedDaemon daemon = EmulatedDaemon.Start(
            new EmulatorOptions { HasHotplug = false, HasClocks = false });
        using var client = new WireClient(daemon);
        Assert.Equal(
            VrtdReturnCode.InvalidArgument,
            client.CodeOf(Opcode.DeviceHotplug, Requests.Hotplug(HotplugOperation.Rescan)));
        Assert.Equal(
            VrtdReturnCode.NotExist, client.CodeOf(Opcode.ClockOperation, Requests.Of(Opcode.ClockOperation)));
    }

    [Fact]
    public void Clocks_tell_the_achieved_rate_and_keep_it()
    {
        uint achieved = Clock(ClockOperation.Set, 333_333_333);
        Assert.InRange(achieved, 332_833_333u, 333_833_333u);
        Assert.Equal(achieved, Clock(ClockOperation.Get, 0));
        Assert.Equal(100_000_000u, Clock(ClockOperation.Get, 0, ClockRegion.Service));
        byte[] impossible = Requests.Clock(ClockOperation.Set, ClockRegion.User, 1);
        Assert.Equal(VrtdReturnCode.InternalError, _client.CodeOf(Opcode.ClockOperation, impossible));
        byte[] version2 = Requests.Clock(ClockOperation.SetRoundDown, ClockRegion.User, 1);
        Assert.Equal(VrtdReturnCode.InvalidArgument, _client.CodeOf(Opcode.ClockOperation, version2));
    }

    private VrtdReturnCode Do(HotplugOperation operation, byte function = 0) =>
        _client.CodeOf(Opcode.DeviceHotplug, Requests.Hotplug(operation, function));

    private uint Clock(ClockOperation operation, uint rate, ClockRegion region = ClockRegion.User)
    {
        using WireReply reply = _client.Ask(Opcode.ClockOperation, Requests.Clock(operation, region, rate));
        Assert.True(UInt32Body.TryParse(reply.Body, out UInt32Body answer), reply.Code.ToString());
        return answer.Value;
    }
}
