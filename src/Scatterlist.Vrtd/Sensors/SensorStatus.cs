namespace Scatterlist.Vrtd;

/// <summary>The state of a sensor. Values that are not listed are the management controller's own.</summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
public enum SensorStatus : byte
{
    /// <summary>No state was reported.</summary>
    Unknown = 0,

    /// <summary>The value is valid.</summary>
    Ok = 1,
}
