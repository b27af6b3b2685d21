namespace Scatterlist.Vrtd;

/// <summary>Which of the card's two programmable clocks.</summary>
/// <remarks>Source: vrtd wire specification, section 2.</remarks>
public enum ClockRegion : byte
{
    /// <summary>The clock of the service region.</summary>
    Service = 0,

    /// <summary>The clock of the user region.</summary>
    User = 1,
}
