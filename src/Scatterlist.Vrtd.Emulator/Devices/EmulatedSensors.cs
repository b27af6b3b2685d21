using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// The sensors of an emulated card: plausible, the same in every run, and named so that nobody takes them for measured.
/// </summary>
internal static class EmulatedSensors
{
    /// <summary>The sensors of one device. Temperatures differ a little between devices.</summary>
    internal static SensorRecord[] Of(int device) =>
    [
        Temperature("emulated card inlet", 31 + (device % 8)),
        Temperature("emulated fpga", 47 + (device % 8)),
        Temperature("emulated hbm", 44 + (device % 8)),
        new("emulated 12v pcie", SensorTypes.Voltage, SensorStatus.Ok, -3, 12_050),
        new("emulated 12v pcie", SensorTypes.Current, SensorStatus.Ok, -3, 2_100),
        new("emulated vccint", SensorTypes.Voltage, SensorStatus.Ok, -3, 800),
        new("emulated vccint", SensorTypes.Current, SensorStatus.Ok, -3, 14_250),
        new("emulated card total", SensorTypes.Power, SensorStatus.Ok, -3, 36_705),
    ];

    private static SensorRecord Temperature(string name, int celsius) =>
        new(name, SensorTypes.Temperature, SensorStatus.Ok, 0, celsius);
}
