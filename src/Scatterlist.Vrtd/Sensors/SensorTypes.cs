namespace Scatterlist.Vrtd;

/// <summary>The kinds of quantity, as a set, that a sensor reports.</summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
[Flags]
public enum SensorTypes : byte
{
    /// <summary>Nothing known.</summary>
    None = 0,

    /// <summary>Temperature, in degrees Celsius.</summary>
    Temperature = 1 << 0,

    /// <summary>Current, in ampere.</summary>
    Current = 1 << 1,

    /// <summary>Voltage, in volt.</summary>
    Voltage = 1 << 2,

    /// <summary>Power, in watt.</summary>
    Power = 1 << 3,
}
