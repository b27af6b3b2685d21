using Scatterlist.Vrtd.Emulator;

namespace Scatterlist.Vrtd.Tests;

/// <summary>Clocks, sensors, hotplug and shell state.</summary>
public sealed class ControlTests
{
    [Fact]
    public void Clocks_are_read_and_set_apart()
    {
        using Emulated emulated = new();
        Device device = emulated.Device;
        uint service = device.GetServiceClockRate();
        uint achieved = device.SetUserClockRate(250_000_000);

        Assert.InRange(achieved, 249_500_000u, 250_500_000u);
        Assert.Equal(achieved, device.GetUserClockRate());
        Assert.Equal(achieved, device.GetClockRate(ClockRegion.User));
        Assert.Equal(service, device.GetServiceClockRate());
        Assert.InRange(device.SetServiceClockRate(100_000_000), 99_500_000u, 100_500_000u);
        Assert.Throws<ArgumentOutOfRangeException>(() => device.SetUserClockRate(0));
    }

    [Fact]
    public void Rounding_down_came_with_version_2()
    {
        using Emulated v1 = new();
        using Emulated v2 = new(WireProfile.Version2);

        Assert.InRange(v2.Device.SetClockRateRoundDown(ClockRegion.User, 333_333_333), 1u, 333_333_333u);
        VrtdException refused = Assert.Throws<VrtdException>(
            () => v1.Device.SetClockRateRoundDown(ClockRegion.User, 333_333_333));
        Assert.Equal(VrtdReturnCode.InvalidArgument, refused.ReturnCode);
        Assert.Contains("version 2", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_card_without_clocks_says_so()
    {
        using Emulated emulated = new(options: new EmulatorOptions { HasClocks = false });

        Assert.Equal(
            VrtdReturnCode.NotExist,
            Assert.Throws<VrtdException>(() => emulated.Device.GetUserClockRate()).ReturnCode);
    }

    [Fact]
    public void Sensors_have_their_values_in_their_units()
    {
        using Emulated emulated = new();
        IReadOnlyList<Sensor> sensors = emulated.Device.GetSensors();

        Assert.All(sensors, sensor => Assert.Equal(SensorStatus.Ok, sensor.Status));
        Sensor power = Assert.Single(sensors, sensor => sensor.Type == SensorTypes.Power);
        Assert.Equal((36_705, (sbyte)-3, 36.705, "W"), (power.RawValue, power.UnitExponent, power.Value, power.Unit));
        Assert.Equal("emulated card total 36.705 W", power.ToString());
        Assert.Contains(
            sensors, sensor => sensor is { Type: SensorTypes.Temperature, Unit: "°C", Value: > 20 and < 100 });
    }

    [Theory]
    [InlineData(45123, -3, 45.123)]
    [InlineData(-7, 0, -7.0)]
    [InlineData(12, 2, 1200.0)]
    [InlineData(int.MinValue, -128, int.MinValue * 1e-128)]
    public void A_sensor_s_value_is_scaled_by_its_exponent(int raw, sbyte exponent, double value) =>
        Assert.Equal(value, new Sensor("x", SensorTypes.Voltage, SensorStatus.Ok, exponent, raw).Value, 1e-9);

    [Theory]
    [InlineData(WireProfile.Version1)]
    [InlineData(WireProfile.Version2)]
    public void Hotplug_is_carried_out(WireProfile profile)
    {
        using Emulated emulated = new(profile);
        emulated.Device.HotplugRescan();
        emulated.Device.HotplugRemove(2);
        emulated.Device.HotplugRescan();
        emulated.Device.HotplugToggleSecondaryBusReset(0);
        emulated.Device.Hotplug(1);

        Assert.Throws<ArgumentOutOfRangeException>(() => emulated.Device.HotplugRemove(8));
        Assert.Throws<ArgumentOutOfRangeException>(() => emulated.Device.Hotplug(-1));
    }

    [Fact]
    public void A_host_without_hotplug_says_so()
    {
        using Emulated emulated = new(options: new EmulatorOptions { HasHotplug = false });

        VrtdException refused = Assert.Throws<VrtdException>(() => emulated.Device.HotplugRescan());
        Assert.Contains("/dev/slash_hotplug", refused.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WireProfile.Version1, ShellType.Unknown)]
    [InlineData(WireProfile.Version2, ShellType.Service)]
    public void A_reset_takes_buffers_away_and_closing_them_is_safe(WireProfile profile, ShellType shell)
    {
        using Emulated emulated = new(profile);
        DeviceBuffer buffer = emulated.Device.OpenDdrBuffer(1);
        emulated.Device.ResetSequence(shell);
        Assert.Equal(0, emulated.Buffers);
        buffer.Close();

        Assert.Equal(shell, emulated.Session.GetDevice(0).Shell);
        emulated.Session.GetDevice(0).OpenDdrBuffer(1).Dispose();
    }

    [Fact]
    public void Shell_state_can_be_told_to_version_2()
    {
        using Emulated v1 = new();
        using Emulated v2 = new(WireProfile.Version2);
        v2.Device.SetShellState(ShellType.Compute, isJtagBoot: true);

        Assert.True(v2.Session.GetDevice(0).IsJtagBoot);
        Assert.Equal(
            VrtdReturnCode.Busy,
            Assert.Throws<VrtdException>(() => v2.Device.SetShellState(ShellType.Service, true)).ReturnCode);
        Assert.Throws<ArgumentOutOfRangeException>(() => v2.Device.SetShellState(ShellType.Unknown, false));
        VrtdException refused = Assert.Throws<VrtdException>(
            () => v1.Device.SetShellState(ShellType.Compute, false));
        Assert.Equal(VrtdReturnCode.BadRequest, refused.ReturnCode);
        Assert.Contains("version 2", refused.Remedy, StringComparison.Ordinal);
    }
}
