using System.Globalization;

namespace Scatterlist.Vrtd;

/// <summary>What one of a card's sensors showed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What it measures.</param>
/// <param name="Status">Whether the value counts.</param>
/// <param name="UnitExponent">The power of ten that the raw value is scaled by.</param>
/// <param name="RawValue">The value before scaling.</param>
/// <remarks>Source: vrtd wire specification, section 3, GET_SENSOR_INFO.</remarks>
public readonly record struct Sensor(
    string Name, SensorTypes Type, SensorStatus Status, sbyte UnitExponent, int RawValue)
{
    /// <summary>The value in the unit of its type: degrees Celsius, ampere, volt or watt.</summary>
    public double Value => UnitExponent < 0
        ? RawValue / Math.Pow(10, -UnitExponent) // dividing keeps 45123 * 10^-3 the double nearest to 45.123
        : RawValue * Math.Pow(10, UnitExponent);

    /// <summary>The unit's symbol: <c>°C</c>, <c>A</c>, <c>V</c>, <c>W</c>, or nothing for other types.</summary>
    public string Unit => Type switch
    {
        SensorTypes.Temperature => "°C",
        SensorTypes.Current => "A",
        SensorTypes.Voltage => "V",
        SensorTypes.Power => "W",
        _ => "",
    };

    /// <summary>For people: <c>fpga_temp 45.123 °C</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name} {Value} {Unit}").TrimEnd();
}
